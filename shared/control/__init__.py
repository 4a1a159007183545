"""The way back on the bus: requests to ingest, and its answers. Owns their messages, the server and the clients.

It owns no decision: `ControlServer` gives each request to a handler, which judges what the person showed.
`docs/wire-format.md` describes the messages, `docs/bus-security.md` who may send them.
"""
