"""Our requests to one camera, with everything that makes them be answered: credentials, and a new connection where the
camera closed the last one.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import Final

from services.ingest.sources.authentication import Credentials
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import ConnectionEndedError, RtspConnection
from services.ingest.sources.rtsp.demultiplexer import PacketHandler
from services.ingest.sources.rtsp.message import Message
from shared.errors import FramecastError

MAX_RECONNECTIONS: Final = 3
_SUCCESSES: Final = range(200, 300)
_UNAUTHORIZED: Final = 401


class RefusedError(FramecastError):
    """Raised when the camera's answer is no success. It holds no words: they may repeat our request."""

    def __init__(self, answer: Message, *, are_credentials_refused: bool = False) -> None:
        super().__init__(f"refused with status {answer.status}")
        self.answer = answer
        self.status = answer.status or 0
        self.are_credentials_refused = are_credentials_refused
        """Another request would offer them once more, and cameras lock clients out that keep guessing."""


class Conversation:
    """Requests to one camera, one after the other.

    Until `is_bound` is set, a connection that the camera closes after an answer is made anew, and the request repeated:
    some close it after each refusal, and a challenge outlives its connection. From then on the session is bound to the
    connection, and `on_end` is called when that ends; with False if we can't parse the camera.
    """

    def __init__(
        self,
        address: RtspAddress,
        tls: ssl.SSLContext | None,
        on_end: Callable[[bool], None],
        on_garbage: Callable[[], None],
    ) -> None:
        self.is_bound = False
        self.channels: dict[int, PacketHandler] = {}
        """The handlers of interleaved packets, by channel, on whichever connection."""
        self.session_id = ""
        self._credentials = Credentials(address.username, address.password) if address.username else None
        self._address = address
        self._tls = tls
        self._on_end = on_end
        self._on_garbage = on_garbage
        self._reconnections = 0
        self._is_given_up = False
        self.connection = self._new_connection()

    @property
    def is_garbled(self) -> bool:
        """Whether the last that the camera sent was neither a message nor a packet."""
        return self.connection.demultiplexer.garbage_bytes > 0

    async def connect(self) -> None:
        """
        Raises:
            ConnectionEndedError: when that fails.
        """
        await self.connection.connect(self._address, self._tls)

    async def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Message:
        """The camera's consent.

        Raises:
            RefusedError: when it refuses.
            ConnectionEndedError: when the connection ends before it answers.
        """
        while True:
            answer = await self._ask(method, url, headers or {})
            if answer.status in _SUCCESSES:
                if self._credentials is not None:
                    self._credentials.handle_ok(answer.headers)
                return answer
            if answer.status != _UNAUTHORIZED or self._credentials is None:
                raise RefusedError(answer)
            if not self._credentials.handle_401(answer.headers):
                raise RefusedError(answer, are_credentials_refused=self._credentials.were_offered)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> Message:
        while True:
            sent = dict(headers)
            if self.session_id:
                sent["Session"] = self.session_id
            if self._credentials is not None:
                self._credentials.make_auth(method, url, sent)
            try:
                return await self.connection.request(method, url, sent)
            except ConnectionEndedError:
                if not self._may_reconnect():
                    raise
            self._reconnections += 1
            self.connection = self._new_connection()
            await self.connect()

    def _may_reconnect(self) -> bool:
        if self.is_bound or self._is_given_up:
            return False
        return self.connection.has_answered and self._reconnections < MAX_RECONNECTIONS

    def _new_connection(self) -> RtspConnection:
        def on_end(is_understood: bool) -> None:
            self._is_given_up |= not is_understood
            if self.is_bound or self._is_given_up:
                self._on_end(is_understood)

        connection = RtspConnection(on_end, self._on_garbage)
        connection.demultiplexer.channels = self.channels
        return connection
