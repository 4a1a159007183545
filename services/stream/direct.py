"""The door beneath ASGI: a uvicorn protocol that shows each request its connection's transport.

Writing to the transport costs a fraction of `send()` per frame, and tells what the kernel has not sent yet. Where the
door is absent (another server, TLS in uvicorn, tests) a stream is served through plain ASGI.

It also keeps the limits that uvicorn lacks: a request's head must come whole within a time and a size.
"""

import asyncio
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 10.0
MAX_HEAD_BYTES: Final = 32 * 1024
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_EXTENSION: Final = "framecast.transport"


class DirectHttpProtocol(HttpToolsProtocol):
    """uvicorn's own protocol with limits on the head, and one entry in `scope["extensions"]`."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES + len(data):
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()
        if self.scheme == "http":
            self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}

    def on_headers_complete(self) -> None:
        self._head_has_come()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_has_come(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The connection of a request, if this server shows it."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        return None
    transport: asyncio.Transport = extension["transport"]
    return transport
