"""The commands that ask the running ingest of this machine: `framecast setup-code`, `tokens` and `access`.

They need no proof, because only ingest's user and root may open its socket file.
"""
