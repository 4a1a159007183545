"""Ports for the tests' servers."""

import random
import socket


def free_port() -> int:
    """An unused TCP port of loopback, below the ephemeral range, where no client connection can take it."""
    for _ in range(200):
        port = random.randint(20_000, 32_000)  # noqa: S311 any will do
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found")
