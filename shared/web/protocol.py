"""uvicorn's HTTP protocol with what it lacks: deadlines for requests, and news of the disconnect for every request.

A request's head has a deadline and a maximum size, its body a deadline; `body_limit.py` limits the body's size. So a
half-sent request holds its connection for a bounded time.
"""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0
MAX_HEAD_BYTES: Final = 32 * 1024
BODY_SECONDS: Final = 30.0
REST_SECONDS: Final = 2.0
"""For the rest of a body that was answered before its end: if we closed at once, some clients would miss the answer."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpProtocol(HttpToolsProtocol):
    """One connection. At most one deadline runs: for the head, for the body, or for the rest of an answered body."""

    _deadline: asyncio.TimerHandle | None = None
    _awaits_head = False
    _head_bytes = 0
    _answering: RequestResponseCycle | None = None
    """The request that is being answered. Pipelined requests wait behind it; uvicorn's `cycle` is the last of those."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lift_deadline()
        super().connection_lost(exc)
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            # Bytes that the parser skips before a head have the head's deadline too.
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
        self._set_deadline(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle is None or not self.cycle.response_complete:
            self.lift_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._set_deadline(REST_SECONDS)

    def lift_deadline(self) -> None:
        """End the deadline that runs, if any."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_head(self) -> None:
        self._awaits_head = True
        self._head_bytes = 0
        self._set_deadline(HEAD_SECONDS)

    def _set_deadline(self, seconds: float) -> None:
        self.lift_deadline()
        self._deadline = self.loop.call_later(seconds, self._end, seconds)

    def _end(self, seconds: float) -> None:
        if self.flow.read_paused:
            self._set_deadline(seconds)  # we have paused reading, so the client is not to blame
        else:
            self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)
