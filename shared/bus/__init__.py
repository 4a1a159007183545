"""The bus between the services: its messages (pure), its sockets and its keys. Nothing else imports ZeroMQ.

`docs/wire-format.md` describes the messages, `docs/bus-security.md` the keys.
"""
