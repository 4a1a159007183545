"""The door beneath ASGI: a protocol that hands its connection to a response that writes to the transport itself.

Writing to the transport costs a fraction of `send()` per frame, and tells what the kernel has not sent yet. Where the
door is absent (another server, TLS in uvicorn, tests) a stream is served through plain ASGI.
"""

import asyncio
from typing import Final

from starlette.types import Scope

from shared.web.protocol import HttpProtocol

_EXTENSION: Final = "framecast.connection"


class DirectHttpProtocol(HttpProtocol):
    """Our protocol with one entry in `scope["extensions"]`: itself."""

    _is_handed_over = False

    def data_received(self, data: bytes) -> None:
        # A response without end has no request after it.
        if not self._is_handed_over:
            super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.scheme == "http":
            self.scope["extensions"] = {_EXTENSION: {"protocol": self}}

    def hand_over(self) -> asyncio.Transport:
        """The connection, for one response to its end: whatever the client sends from now on is discarded."""
        self._is_handed_over = True
        self.lift_deadline()
        # A request behind this one may have stopped the reading, by which alone the client's end is noticed.
        self.flow.resume_reading()
        return self.transport


def connection_of(scope: Scope) -> DirectHttpProtocol | None:
    """The connection of a request, if this server shows it."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        return None
    protocol: DirectHttpProtocol = extension["protocol"]
    return protocol
