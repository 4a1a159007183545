"""The RTSP connection: our requests, the camera's answers, and the packets that it interleaves with them.

Only one request is under way at a time. So an answer belongs to it whatever number it bears: some cameras send 0, the
same number each time, or none.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, cast

from services.ingest.sources import SourceRefusedError, exchange_tap
from services.ingest.sources.refused_places import refuse_connected
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.demultiplexer import DOLLAR, Demultiplexer
from services.ingest.sources.rtsp.message import Message
from shared.errors import FramecastError

MAX_UNSENT_BYTES: Final = 64 * 1024
"""A camera that reads nothing of what we send is given up. We send little: two requests a minute, a report a second."""
QUIET_SECONDS: Final = 1.0
"""An answer of which no more arrives for so long is complete, although it said that it would be longer."""
REMEMBERED_REQUESTS: Final = 16
AGENT: Final = "Framecast"
_FIRST_SUCCESS: Final = 200
_SERVED: Final = frozenset({"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT", "TEARDOWN"})
"""The camera's requests that it may take for done. A new description or address counts when its stream ends."""


class ConnectionEndedError(FramecastError):
    """Raised when a request can't be answered any more. `__cause__` says why the connection was never made."""


class RtspConnection(asyncio.BufferedProtocol):
    """`on_end` is called once, when nothing more will arrive; with False if that is because we can't parse the camera.

    `demultiplexer` has the handlers of packets. `on_garbage` is called when bytes amid the packets were skipped.
    """

    def __init__(self, on_end: Callable[[bool], None], on_garbage: Callable[[], None] = lambda: None) -> None:
        self.demultiplexer = Demultiplexer(self._on_message, on_garbage, self._on_failure)
        self.has_answered = False
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self._ended = asyncio.Event()
        self._answer: asyncio.Future[Message] | None = None
        self._sequence = 0
        self._read_at = 0.0
        self._unanswered: deque[int] = deque(maxlen=REMEMBERED_REQUESTS)
        self._one_at_a_time = asyncio.Lock()
        self._listener = exchange_tap.listener("rtsp")

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    @property
    def has_more(self) -> bool:
        """Whether the last read left something behind."""
        return self.demultiplexer.is_full

    @property
    def camera_address(self) -> str:
        """The IP address that the connection goes to.

        Raises:
            ConnectionEndedError: when it goes nowhere.
        """
        if self._transport is None:
            raise ConnectionEndedError("closed")
        address: str = self._transport.get_extra_info("peername")[0]
        return address

    async def connect(self, address: RtspAddress, tls: ssl.SSLContext | None) -> None:
        """
        Raises:
            ConnectionEndedError: when that fails.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self, address.host, address.port, ssl=tls)
        except (OSError, UnicodeError) as error:  # the latter for a host that can be none
            raise ConnectionEndedError("never made") from error
        try:
            refuse_connected(self.camera_address)
        except SourceRefusedError:
            self._on_failure()
            raise

    async def request(self, method: str, url: str, headers: Mapping[str, str]) -> Message:
        """Send a request and wait for its answer, whatever that says.

        Raises:
            ConnectionEndedError: when the connection ends before.
        """
        async with self._one_at_a_time:
            if self._transport is None:
                raise ConnectionEndedError("closed")
            self._sequence = sequence = self._sequence + 1
            self._answer = asyncio.get_running_loop().create_future()
            lines = [f"{method} {url} RTSP/1.0", f"CSeq: {sequence}", f"User-Agent: {AGENT}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            self._write("\r\n".join([*lines, "", ""]).encode())
            try:
                return await self._answered(self._answer)
            except asyncio.CancelledError:
                self._unanswered.append(sequence)
                raise
            finally:
                self._answer = None

    def send_packet(self, channel: int, data: bytes) -> None:
        """Send a packet between our requests."""
        self._write(bytes((DOLLAR, channel)) + len(data).to_bytes(2, "big") + data)

    async def close(self, timeout_seconds: float) -> None:
        """Close at once, and wait at most `timeout_seconds` until that is done."""
        if self._transport is not None:
            self._transport.abort()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), timeout_seconds)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, _size_hint: int) -> memoryview:
        return self.demultiplexer.room()

    def buffer_updated(self, count: int) -> None:
        self._read_at = time.monotonic()
        if self._listener is not None:
            self._listener("received", bytes(self.demultiplexer.room()[:count]))
        self.demultiplexer.advance(count)

    def connection_lost(self, error: Exception | None) -> None:
        if self._listener is not None:
            self._listener("ended", b"")
        self.demultiplexer.flush()
        self._transport = None
        self._ended.set()
        if self._answer is not None and not self._answer.done():
            failure = ConnectionEndedError("closed")
            failure.__cause__ = error
            self._answer.set_exception(failure)
        self._end(is_understood=True)

    async def _answered(self, answer: asyncio.Future[Message]) -> Message:
        while True:
            done, _ = await asyncio.wait([answer], timeout=QUIET_SECONDS)
            if done:
                return answer.result()
            if time.monotonic() - self._read_at >= QUIET_SECONDS:
                self.demultiplexer.flush()

    def _on_message(self, message: Message) -> None:
        if message.status is None:
            self._serve(message)
            return
        self.has_answered = True
        is_late = message.cseq in self._unanswered and message.cseq != self._sequence
        is_final = message.status >= _FIRST_SUCCESS
        if self._answer is not None and not self._answer.done() and is_final and not is_late:
            self._answer.set_result(message)

    def _serve(self, request: Message) -> None:
        """Answer a request of the camera's, and do nothing. Its words are not repeated."""
        is_served = request.method in _SERVED
        lines = [f"RTSP/1.0 {'200 OK' if is_served else '501 Not Implemented'}"]
        if request.cseq >= 0:
            lines.append(f"CSeq: {request.cseq}")
        if request.method == "OPTIONS":
            lines.append(f"Public: {', '.join(sorted(_SERVED))}")
        self._write("\r\n".join([*lines, "", ""]).encode())

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._listener is not None:
            self._listener("sent", data)
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()

    def _on_failure(self) -> None:
        self._end(is_understood=False)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, *, is_understood: bool) -> None:
        on_end, self._on_end = self._on_end, lambda _is_understood: None
        on_end(is_understood)
