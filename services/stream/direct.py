"""The door beneath ASGI: a uvicorn protocol that shows each request its connection's transport.

Writing to the transport costs a fraction of `send()` per frame, and tells what the kernel has not sent yet. Where the
door is absent (another server, TLS in uvicorn, tests) a stream is served through plain ASGI.
"""

import asyncio

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "framecast.transport"


class DirectHttpProtocol(HttpToolsProtocol):
    """uvicorn's own protocol and one entry in `scope["extensions"]`."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.scheme == "http":
            self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The connection of a request, if this server shows it."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        return None
    transport: asyncio.Transport = extension["transport"]
    return transport
