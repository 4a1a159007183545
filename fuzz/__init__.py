"""Coverage-guided fuzzing of everything that reads what strangers send: `scripts/fuzz`, docs/fuzzing.md.

targets/         one module for each reader
corpus/          for each target a few inputs that reach much of its code; the tests replay them
contract.py      what a target promises, and whether an input breaks it
engine.py        one process: atheris runs one target
campaign.py      the targets one after the other, and what came out
choosing.py      which few of the inputs that were found the tree keeps
corpus_files.py  where inputs lie
pieces.py, given_settings.py, rtp_packets.py, connection_end.py   what targets have in common
"""
