"""uvicorn's HTTP protocol with what it lacks: deadlines for what a client sends, and the news of its end in every case.

A request's head must come whole within a time and a size, its body within a time; how large a body may be is
`shared.web.body_limit`' to say. What a client leaves half-sent holds a connection no longer than that.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0
MAX_HEAD_BYTES: Final = 32 * 1024
BODY_SECONDS: Final = 30.0
REST_SECONDS: Final = 2.0
"""For what is left of a body that was answered before its end: closed at once, some clients would miss the answer."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpProtocol(HttpToolsProtocol):
    """One connection. At most one deadline is set: of the head, of the body, or of the rest of an answered body."""

    _deadline: asyncio.TimerHandle | None = None
    _awaits_head = False
    _head_bytes = 0
    _answering: RequestResponseCycle | None = None
    """The request that is being answered; those read after it wait, and uvicorn's `cycle` is the last of them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lift_deadline()
        super().connection_lost(exc)
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            # Also of what the parser skips before a head.
            self._await_head()
        if self._awaits_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES + len(data):
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        self.lift_deadline()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._awaits_head:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._awaits_head = False
        self._allow(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle is None or not self.cycle.response_complete:
            self.lift_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._allow(REST_SECONDS)

    def lift_deadline(self) -> None:
        """Give whatever is awaited all the time it wants."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_head(self) -> None:
        self._awaits_head = True
        self._head_bytes = 0
        self._allow(HEAD_SECONDS)

    def _allow(self, seconds: float) -> None:
        self.lift_deadline()
        self._deadline = self.loop.call_later(seconds, self._end, seconds)

    def _end(self, seconds: float) -> None:
        if self.flow.read_paused:
            self._allow(seconds)  # while we don't read, it is not the client who is late
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)
