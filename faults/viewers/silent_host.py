"""A host that accepts every connection and never says anything."""

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from tests.support.waiting import wait_until

_ADDRESS: Final = "127.0.0.9"


class SilentHost:
    """It listens at these ports of an address of its own, or at a free one, for the time of a `with` block."""

    USUAL_PORTS: Final = (80, 554)
    """Those of cameras."""
    address: Final = _ADDRESS

    def __init__(self, *ports: int) -> None:
        self._servers = [socket.create_server((_ADDRESS, port)) for port in ports or (0,)]
        self.port: Final[int] = self._servers[0].getsockname()[1]
        self._held: list[socket.socket] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="silent host", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        for each in (*self._servers, *self._held):
            with suppress(OSError):
                each.close()

    def wait_for_connections(self, count: int) -> None:
        wait_until(lambda: len(self._held) >= count, "somebody is connected to the silent host", 5)

    def _accept(self) -> None:
        while not self._is_over.is_set():
            for server in select.select(self._servers, [], [], 0.2)[0]:
                self._held.append(server.accept()[0])
