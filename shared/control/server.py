"""Ingest's end of the way back: answers requests at an address of the bus, and at a socket file of this machine.

It speaks ZMTP as a ROUTER does, so a REQ or DEALER socket of any ZeroMQ library is a client. Owns the limits on
connections and requests, and no decision.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.bus.curve import ServerKeys
from shared.control.messages import ControlAnswer, ControlRequest

Handle = Callable[[ControlRequest, bool], ControlAnswer]
"""`handle(request, is_local)`. It is called on a thread of its own for each request, at most 64 at once, and may take
its time: other requests are answered meanwhile. `is_local` is true at the socket file alone. It may raise
`ControlRefusedError`."""
STOP_SECONDS: Final = 1.0


class ControlServer:
    """Listens at `address` (`tcp://HOST:PORT` or `ipc://PATH`) and, where given, at `socket_file`, from when it is made
    until `close`. With `keys`, `keys.read_authorized` says which keys may open control: it is asked at each request, and
    reads the directory at most once a second. Its loop runs on a thread of its own.

    A socket file that can't be made is logged, and the server goes on without it.

    Raises:
        ConfigurationError: the address can't be bound.
    """

    def __init__(
        self, address: str, socket_file: Path | None, handle: Handle, keys: ServerKeys | None = None
    ) -> None:
        raise NotImplementedError

    @property
    def malformed(self) -> int:
        """How many requests were malformed."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop answering; returns when the thread has ended. Requests under way go on, and nobody gets their answer."""
        raise NotImplementedError
