"""uvicorn's WebSocket protocol with the limits it lacks: on what it owes a client, on fragments and on control frames.

Nothing more is read while the client leaves more than the transport's 64 KiB unread, so pongs can't pile up. What has
been received is parsed in small pieces, in turns with all other connections (`loop_share.py`), so a flood of tiny
frames delays nobody else. Whoever meets a limit reads which one in the reason of the close.
"""

import asyncio
from http import HTTPStatus
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.frames import Close, CloseCode, Frame

from shared.access.client_network import client_network
from shared.web import texts
from shared.web.client_log import limit_met
from shared.web.deadline import late_seconds
from shared.web.loop_share import share_of
from shared.web.protocol import REST_SECONDS
from shared.web.raw_refusal import raw_refusal

PIECE_BYTES: Final = 512
"""Of a socket. The smallest frames have 6 bytes, and each costs some 40 µs."""
MAX_FRAGMENTS: Final = 64
"""Of one message. Empty fragments add nothing to its size, by which alone the library limits it."""
MAX_CONTROL_FRAMES: Final = 600
CONTROL_SECONDS: Final = 60.0


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One socket. Closes with 1008 a client that sends more than `MAX_CONTROL_FRAMES` pings and pongs in a minute."""

    _owes = False
    _is_parsing = False
    _has_failed = False
    """Whether it has been told why it ends. Nothing more is read from it."""
    _control_frames = 0
    _control_since = 0.0

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config, server_state, app_state)
        self._share = share_of(server_state)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._unparsed = bytearray()
        self._network = client_network(self.client[0]) if self.client else ""

    def data_received(self, data: bytes) -> None:
        if not self._has_failed:
            self._unparsed += data
            self._continue()

    def _parse(self) -> None:
        """One piece. The next one is parsed in its turn; meanwhile nothing more is read."""
        self._is_parsing = False
        if not self._unparsed or self.read_paused or self._owes or self._has_ended():
            return
        piece = bytes(self._unparsed[:PIECE_BYTES])
        del self._unparsed[:PIECE_BYTES]
        super().data_received(piece)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self._refuse_handshake()
        self._continue()

    def _has_ended(self) -> bool:
        return self._has_failed or self.transport.is_closing()

    def _continue(self) -> None:
        if self._has_ended():
            self._unparsed.clear()
        elif self.read_paused or self._owes or self._is_parsing:
            self.transport.pause_reading()
        elif self._unparsed:
            self._is_parsing = True
            self._share.run(self._network, self._parse)
            if self._is_parsing:
                self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _refuse_handshake(self) -> None:
        """uvicorn leaves open, without an answer or a limit of time, what the library can't read as a handshake."""
        self.handshake_complete = True
        self.transport.write(raw_refusal(HTTPStatus.BAD_REQUEST, texts.NO_HANDSHAKE))
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._owes = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._owes = False
        self._continue()

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        if not self.disconnected:
            if self._owes or self._has_failed:
                self.transport.pause_reading()
            self._continue()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # The handshake was refused on purpose: uvicorn would log an error for each.
            self.handshake_complete = True

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MAX_FRAGMENTS:
            self._log("fragments of a socket's message", MAX_FRAGMENTS)
            self._fail(CloseCode.MESSAGE_TOO_BIG, texts.too_many_fragments(MAX_FRAGMENTS))
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.frames = []
            self._fail(CloseCode.INVALID_DATA, texts.NO_TEXT)  # uvicorn would log a traceback
        else:
            super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        if not self._has_too_many_control_frames():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if not self._has_too_many_control_frames():
            super().handle_pong(event)

    def _has_too_many_control_frames(self) -> bool:
        now = self.loop.time()
        if now - self._control_since > CONTROL_SECONDS:
            self._control_frames, self._control_since = 0, now
        self._control_frames += 1
        if self._control_frames <= MAX_CONTROL_FRAMES:
            return False
        self._log("pings and pongs of a socket in a minute", MAX_CONTROL_FRAMES)
        self._fail(CloseCode.POLICY_VIOLATION, texts.too_many_pings(MAX_CONTROL_FRAMES, CONTROL_SECONDS))
        return True

    def keepalive_timeout(self) -> None:
        late = late_seconds(self.loop, self.pong_timer)
        if late:  # our loop stood still, and the pong may wait to be read
            self.pong_timer = self.loop.call_later(late, super().keepalive_timeout)
        else:
            super().keepalive_timeout()

    def handle_parser_exception(self) -> None:
        if isinstance(self.conn.parser_exc, PayloadTooBig):  # its words have the sizes
            self._log("bytes of a socket's message", self.config.ws_max_size)
        close = self.conn.close_sent or Close(CloseCode.ABNORMAL_CLOSURE, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self._has_failed = True
        self._unparsed.clear()
        # uvicorn closes at once. The kernel resets a connection that is closed with bytes unread, and the client misses
        # the reason.
        self.transport.pause_reading()
        self.transport.write_eof()
        self.loop.call_later(REST_SECONDS, self.transport.close)

    def _log(self, limit: str, number: int) -> None:
        limit_met(limit, self.client[0] if self.client else "", number)

    def _fail(self, code: CloseCode, reason: str) -> None:
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()


def _is_text(fragments: list[bytes]) -> bool:
    try:
        b"".join(fragments).decode()
    except UnicodeDecodeError:
        return False
    return True
