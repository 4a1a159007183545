"""Access, as far as ingest and the HTTP services share it: the environment's secrets, the form of a record's secret,
the limit on guessing. It knows no HTTP and keeps nothing.
"""
