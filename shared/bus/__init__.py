"""The bus: its messages, its sockets, its keys."""
