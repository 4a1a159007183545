"""uvicorn's HTTP protocol with the limits that it lacks.

A request's head has a deadline and a maximum size, its body a deadline; `body_limit.py` limits the body's size. What
surrounds the body (chunk sizes and extensions, trailers) counts like a head. The number of idle connections is limited;
the oldest is closed first. Whoever meets a limit is told so, where an answer is still to come, and has time to read it.
"""

import asyncio
from http import HTTPStatus
from typing import Final
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

from shared.web import texts
from shared.web.client_log import limit_met
from shared.web.deadline import Deadline
from shared.web.idle_connections import IdleConnections
from shared.web.paced_protocol import PacedProtocol
from shared.web.raw_refusal import raw_refusal

HEAD_SECONDS: Final = 10.0
MAX_HEAD_BYTES: Final = 32 * 1024
MAX_FIELDS: Final = 200
"""Of a head, and of its query. Thousands of tiny ones cost ten times their bytes, and milliseconds in the app."""
MAX_FRAMING_BYTES: Final = 8 * 1024
"""Around a body: trailers, chunk extensions, and whatever chunks of a few bytes have more than an ordinary one."""
BODY_SECONDS: Final = 30.0
REST_SECONDS: Final = 2.0
"""For the rest of a request that was answered before its end. If we closed at once, some clients would miss the answer,
because the kernel resets a connection that is closed with bytes unread.
"""
MAX_IDLE_CONNECTIONS: Final = 2000
_CHUNK_BYTES: Final = 8
"""The size line and line ends of an ordinary chunk. They are free, but for chunks that are shorter than they."""
_idle: Final[WeakKeyDictionary[ServerState, IdleConnections]] = WeakKeyDictionary()
"""Of each server."""


class HttpProtocol(PacedProtocol):
    """One connection. At most one deadline is set: for the head, the body, or the rest of an answered request."""

    _awaits_head = False
    _has_begun = False
    """Whether some of the head that it awaits has come."""
    _framing_bytes = 0
    """What the current message has brought besides its body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.deadline = Deadline(self.loop, self._end)
        if self.server_state not in _idle:
            _idle[self.server_state] = IdleConnections(MAX_IDLE_CONNECTIONS)
        self._idle = _idle[self.server_state]
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadline.lift()
        self._idle.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._idle.discard(self)
        if not (self._is_refused or self.deadline.is_set):
            # Bytes that the parser skips before a head have the head's deadline too.
            self._await_head()
        super().data_received(data)

    def _feed(self, piece: bytes) -> None:
        self._framing_bytes += len(piece)
        super()._feed(piece)
        if self._framing_bytes > (MAX_HEAD_BYTES if self._awaits_head else MAX_FRAMING_BYTES):
            self._refuse_framing()

    def _refuse_framing(self) -> None:
        if self._awaits_head:
            self._refuse(431, "bytes of a request's head", MAX_HEAD_BYTES, texts.head_too_large(MAX_HEAD_BYTES))
        else:
            most = MAX_FRAMING_BYTES
            self._refuse(413, "bytes around a request's body", most, texts.framing_too_large(most))

    def _refuse(self, status: int, limit: str, number: float, detail: str) -> None:
        """Say which limit was met, and end the connection."""
        if not (self._is_refused or self.transport.is_closing()):
            limit_met(limit, self.client[0] if self.client else "", number)
            self._answer_and_end(status, detail)

    def _answer_and_end(self, status: int, detail: str) -> None:
        """Without words where the client expects another answer."""
        self._is_refused = True
        self._unparsed.clear()
        if not self._is_answer_due():
            self.transport.close()
            return
        self._tell_gone(self.cycle)  # its own answer goes nowhere
        self.transport.write(raw_refusal(HTTPStatus(status), detail))
        self.transport.pause_reading()
        self.transport.write_eof()
        self.loop.call_later(REST_SECONDS, self.transport.close)

    def send_400_response(self, _msg: str) -> None:
        """For what the parser does not take. uvicorn's own would come before the answers that are still due."""
        if not (self._is_refused or self.transport.is_closing()):
            self._answer_and_end(400, texts.NO_REQUEST)

    def _is_answer_due(self) -> bool:
        """Whether the client expects the answer to the message that is being received, and nothing of it is sent."""
        if self._awaits_head:
            return not self._is_answering()
        return self.cycle is not None and self.cycle is self._answering and not self.cycle.response_started

    def _should_upgrade(self) -> bool:
        """Any other upgrade is left aside, as HTTP allows: the request is answered like one without.

        The answers to earlier requests would come between the socket's frames. And the WebSocket library reads no
        handshake but a GET.
        """
        is_handshake = self.scope["method"] == "GET" and self.scope["http_version"] == "1.1"
        return is_handshake and not self._is_answering() and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing to warn of: Java's client and `curl --http2` offer HTTP/2 (`h2c`) with each request."""

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        )

    def handle_websocket_upgrade(self) -> None:
        if self._is_refused:
            return
        self.deadline.lift()
        self._unparsed.clear()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._framing_bytes = 0
        if not self._awaits_head:
            self._await_head()
        self._has_begun = True

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and self._has_body():
            # The parser ends such a request at its head, and would take the body for the next request.
            self._answer_and_end(400, texts.UPGRADE_WITH_BODY)
        if self.url.count(b"&") >= MAX_FIELDS:
            self._refuse(414, "fields of a request's query", MAX_FIELDS, texts.too_many_query_fields(MAX_FIELDS))
        super().on_headers_complete()  # raises for an address that is none: until then it is a head that we await
        self._awaits_head = False
        self._framing_bytes = 0
        self.deadline.set(BODY_SECONDS)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._awaits_head or self._is_refused:  # trailers are of no use to anybody here
            return
        super().on_header(name, value)
        if len(self.headers) > MAX_FIELDS:
            self._refuse(431, "fields of a request's head", MAX_FIELDS, texts.too_many_fields(MAX_FIELDS))

    def on_body(self, body: bytes) -> None:
        self._framing_bytes -= min(self._framing_bytes, len(body) + min(len(body), _CHUNK_BYTES))
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle is None or not self.cycle.response_complete:
            self.deadline.lift()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._awaits_rest():
            self.deadline.set(REST_SECONDS)
        elif self.timeout_keep_alive_task is not None and not self.transport.is_closing():
            self._wait_idly()

    def _awaits_rest(self) -> bool:
        """Whether the message that is being received has its answer already."""
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    def _wait_idly(self) -> None:
        if not self._idle.add(self):
            # The newest is told of in the log: the oldest may be anybody's.
            limit_met("idle connections", self.client[0] if self.client else "", self._idle.most)

    def close_idle(self) -> None:
        """End a connection that waits for its next request, as after `timeout_keep_alive`."""
        self.transport.close()

    def _await_head(self) -> None:
        self._awaits_head = True
        self._has_begun = False
        self._framing_bytes = 0
        self.deadline.set(HEAD_SECONDS)

    def _end(self, seconds: float) -> None:
        if self._awaits_rest():
            self.transport.close()
        elif self.flow.read_paused or self._unparsed or self.pipeline:
            self.deadline.set(seconds)  # we are behind, so the client is not to blame
        elif self._awaits_head and self._has_begun:
            self._refuse(408, "seconds for a request's head", seconds, texts.head_too_slow(seconds))
        elif not self._awaits_head and self._is_answer_due():
            self._refuse(408, "seconds for a request's body", seconds, texts.body_too_slow(seconds))
        else:
            self.transport.close()
