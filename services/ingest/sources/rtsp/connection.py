"""The RTSP connection: aiortsp's requests, the camera's answers, and the packets that it interleaves with them.

aiortsp's parser copies the whole buffer once for each packet in it. Here packets are handed on without a copy. Nothing
is logged, because aiortsp would log requests with their credentials.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, Final

from aiortsp.rtsp.connection import RTSPConnection

from services.ingest.sources.authentication import Credentials
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.message import MAX_MESSAGE_BYTES, Message, MessageError, body_bytes, parse_message

BUFFER_BYTES: Final = 256 * 1024
MAX_UNSENT_BYTES: Final = 64 * 1024
"""A camera that reads nothing of what we send is given up. We send little: two requests a minute, a report a second."""
MAX_SHOWN_BYTES: Final = 16
_DOLLAR: Final = 0x24
_FRAME_HEADER_BYTES: Final = 4
_SILENT: Final = logging.Logger("aiortsp", logging.CRITICAL + 1)  # noqa: LOG001 outside the tree, so that nothing turns it on
_SILENT.disabled = True
PacketHandler = Callable[[bytearray, int, int], None]


class RtspConnection(RTSPConnection, asyncio.BufferedProtocol):  # type: ignore[misc] # aiortsp is untyped
    """`on_end` is called once, when nothing more will arrive; with False if that is because we can't parse the camera.

    `channels` maps each interleaved channel to the handler of its packets. A handler gets a buffer with the packet's
    start and end, valid only during the call. `has_more` says whether the last read left something behind.
    """

    def __init__(
        self,
        address: RtspAddress,
        tls: ssl.SSLContext | None,
        on_end: Callable[[bool], None],
        *,
        answer_seconds: float = 15.0,
    ) -> None:
        super().__init__(address.host, address.port, logger=_SILENT, ssl=tls, timeout=answer_seconds)
        self._auth = Credentials(address.username, address.password) if address.username else None
        self.channels: dict[int, PacketHandler] = {}
        self.has_more = False
        self.unreadable = b""
        """How the bytes begin that we can't parse, if that ended the connection."""
        self._on_end = on_end
        self._buffer = bytearray(BUFFER_BYTES)
        self._room = memoryview(self._buffer)
        self._filled = 0
        self.result.add_done_callback(lambda future: future.cancelled() or future.exception())

    @property
    def camera_address(self) -> str:
        """The IP address that the connection goes to."""
        address: str = self._transport.get_extra_info("peername")[0]
        return address

    def get_buffer(self, _size_hint: int) -> memoryview:
        return self._room[self._filled :]

    def buffer_updated(self, count: int) -> None:
        buffer, filled = self._buffer, self._filled + count
        self.has_more = filled == BUFFER_BYTES
        start = 0
        while filled - start >= _FRAME_HEADER_BYTES:
            if buffer[start] == _DOLLAR:
                begin = start + _FRAME_HEADER_BYTES
                end = begin + (buffer[start + 2] << 8 | buffer[start + 3])
                if end > filled:
                    break
                handler = self.channels.get(buffer[start + 1])
                if handler is not None:
                    handler(buffer, begin, end)
                start = end
            else:
                message_end = self._message_end(start, filled)
                if message_end is None:
                    break
                self._take(bytes(buffer[start:message_end]))
                start = message_end
        rest = filled - start
        if rest and start:
            buffer[:rest] = buffer[start:filled]
        self._filled = rest

    def on_message(self, message: Message) -> None:
        """One message of the camera's."""
        if message.status is None:
            self.on_request(message)
        elif (waiting := self.active_requests.get(message.cseq)) and not waiting.done():
            waiting.set_result(message)

    def on_request(self, request: Message) -> None:
        """Answer that we do nothing for the camera. Its words are not repeated."""
        self._write(f"RTSP/1.0 551 Option not supported\r\nCSeq: {request.cseq}\r\n\r\n".encode())

    def send_packet(self, channel: int, data: bytes) -> None:
        """Send a packet between our requests."""
        self._write(bytes((_DOLLAR, channel)) + len(data).to_bytes(2, "big") + data)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._end(is_understood=True)

    def handle_401(self, response: Any) -> bool:
        return self._auth is not None and self._auth.handle_401(response.headers)

    def abort(self) -> None:
        """Close at once. `result` is done soon after."""
        if self._transport is not None:
            self._transport.abort()

    def _message_end(self, start: int, filled: int) -> int | None:
        """Where the message at `start` ends; None if its end has not arrived yet."""
        buffer = self._buffer
        if buffer[start : start + 2] == b"\r\n":
            return start + 2
        head_end = buffer.find(b"\r\n\r\n", start, filled)
        if head_end < 0:
            if filled - start > MAX_MESSAGE_BYTES or not chr(buffer[start]).isupper():
                return self._give_up(start, filled)
            return None
        try:
            end = head_end + 4 + body_bytes(bytes(buffer[start:head_end]))
        except MessageError:
            return self._give_up(start, filled)
        return end if end <= filled else None

    def _take(self, data: bytes) -> None:
        if data == b"\r\n":
            return
        try:
            self.on_message(parse_message(data))
        except MessageError:
            self.unreadable = data[:MAX_SHOWN_BYTES]
            self._give_up_connection()

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.abort()

    def _give_up(self, start: int, end: int) -> int:
        self.unreadable = bytes(self._buffer[start : min(end, start + MAX_SHOWN_BYTES)])
        self._give_up_connection()
        return end

    def _give_up_connection(self) -> None:
        self._end(is_understood=False)
        self.abort()

    def _end(self, *, is_understood: bool) -> None:
        on_end, self._on_end = self._on_end, lambda _is_understood: None
        on_end(is_understood)
