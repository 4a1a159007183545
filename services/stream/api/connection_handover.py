"""Hands a connection over to a response that writes to its transport itself, beneath ASGI (docs/decisions/0003).

Writing to the transport costs a fraction of `send()` per frame, and tells which bytes the kernel has not sent yet.
Where no connection is handed over (another server, TLS in uvicorn, tests), a stream is served through plain ASGI.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.types import Scope

from shared.web.protocol import HttpProtocol

_EXTENSION: Final = "framecast.connection"


class DirectHttpProtocol(HttpProtocol):
    """Our protocol with one entry in `scope["extensions"]`: itself."""

    _is_handed_over = False
    shown: Mapping[str, float] = MappingProxyType({})
    """Of the camera whose snapshot it was given last, when that picture arrived (monotonic seconds)."""

    def data_received(self, data: bytes) -> None:
        # No request can follow a response without end.
        if not self._is_handed_over:
            super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.scheme == "http":
            self.scope["extensions"] = {_EXTENSION: {"protocol": self}}

    def hand_over(self) -> asyncio.Transport:
        """The connection, for one response until its end. Whatever the client sends from now on is discarded."""
        self._is_handed_over = True
        self.deadline.lift()
        # A pipelined request may have paused reading. But only by reading do we notice that the client has left.
        self.flow.resume_reading()
        return self.transport


def connection_of(scope: Scope) -> DirectHttpProtocol | None:
    """The connection of a request, if this server hands connections over."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        return None
    protocol: DirectHttpProtocol = extension["protocol"]
    return protocol
