"""Hands a connection over to a response that writes to its transport itself, beneath ASGI (docs/decisions/0003).

Writing to the transport costs a fraction of `send()` per frame, and tells which bytes the kernel has not sent yet.
Where no connection is handed over (another server, TLS in uvicorn, tests), a stream is served through plain ASGI.
"""

import asyncio
import socket
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.types import Scope

from shared.web.protocol import HttpProtocol

_EXTENSION: Final = "framecast.connection"
_CAN_TELL: Final = sys.platform == "linux"
_TCP_CLOSE: Final = 7
"""linux/tcp_states.h, and the first byte of `tcp_info`: the connection was reset."""
KEEPALIVE_SECONDS: Final = 10
FIRST_LOOK_SECONDS: Final = 0.2
LONGEST_LOOK_SECONDS: Final = 3.0


def _nothing() -> None:
    """Before a response has begun."""


class DirectHttpProtocol(HttpProtocol):
    """Our protocol with one entry in `scope["extensions"]`: itself."""

    _is_handed_over = False
    shown: Mapping[str, float] = MappingProxyType({})
    """Of the camera whose snapshot it was given last, when that picture arrived (monotonic seconds)."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.on_half_close: Callable[[], None] = _nothing
        """Called when the client has ended its sending during an endless response: writes something, if it can."""

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio keeps a half-closed connection for True
        if not self._is_handed_over:
            return super().eof_received()
        if not self._is_half_closed:
            self._is_half_closed = True
            self._outlive_half_close()
        return _CAN_TELL

    def end_half_closed(self) -> None:
        if not self._is_handed_over:
            super().end_half_closed()

    def _outlive_half_close(self) -> None:
        """Keep an endless response. A client that has left resets the connection at the next byte that we write."""
        self.on_half_close()
        self._watch(FIRST_LOOK_SECONDS)

    def _watch(self, seconds: float) -> None:
        self.loop.call_later(seconds, self._look_whether_reset, seconds)

    def _look_whether_reset(self, seconds: float) -> None:
        if self.transport.is_closing():
            return
        sock: socket.socket = self.transport.get_extra_info("socket")
        if not _CAN_TELL or sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_CLOSE:
            self.transport.abort()
        else:
            self._watch(min(2 * seconds, LONGEST_LOOK_SECONDS))

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
        _ask_when_idle(self.transport.get_extra_info("socket"))
        if self._is_half_closed:
            self.loop.call_soon(self._outlive_half_close)  # the response has not begun yet
        return self.transport


def _ask_when_idle(sock: socket.socket) -> None:
    """Where nothing is written for long, as without placeholders, the kernel asks whether the client is still there."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if _CAN_TELL:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def connection_of(scope: Scope) -> DirectHttpProtocol | None:
    """The connection of a request, if this server hands connections over."""
    extension = scope.get("extensions", {}).get(_EXTENSION)
    if extension is None:
        return None
    protocol: DirectHttpProtocol = extension["protocol"]
    return protocol
