"""The cameras as the owner changes them at the page: which file they are in, its changes, and tries of an address.

file_text.py      the file's text as one piece for each camera; table_text.py changes one piece, and keeps its comments
kept_file.py      the file on the disk: its version, and how it is written
origin.py         where the cameras come from, and whether they can be changed
changes.py        what a change makes of the cameras' tables; addresses.py what may be asked of an address
shown.py          what is told of the cameras, without a secret; fields.py of the settings as such
requests.py       the requests of the way back; passes.py what stands in for a setup code that was used
trials.py         tries of an address, each in a process of its own (`trial.py` and `recorded_attempt.py` in ingest)
discovery.py      searches, likewise (`services/ingest/discovery/`); told_by_process.py what such a process may tell

Nothing of it is loaded without BUS_CONTROL, and the library that writes TOML only at the first change.
"""
