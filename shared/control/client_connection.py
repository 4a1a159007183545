"""One connection to ingest, of the asyncio client: the requests that wait for their answer there."""

import asyncio
from typing import cast

from shared.bus.mechanism import Mechanism
from shared.bus.zmtp import RefusedPeerError, ZmtpError
from shared.control.messages import MAX_ANSWER_BYTES, ControlAnswer, decode_answer
from shared.control.zmtp_messages import ZmtpMessages
from shared.errors import MessageDecodeError


class ControlClientConnection(asyncio.Protocol):
    """`ready` is done when the handshake is over. It holds the error when the connection ended before."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = True
        self.heard_at = float("-inf")
        """When the last bytes arrived, by the loop's clock."""
        self._greeting = mechanism.greeting
        self._zmtp = ZmtpMessages(mechanism, MAX_ANSWER_BYTES, self._send)
        self._waiting: dict[str, asyncio.Future[ControlAnswer]] = {}
        self._transport: asyncio.Transport | None = None

    def ask(self, request_id: str, data: bytes) -> "asyncio.Future[ControlAnswer]":
        """Send a request, and a PING behind it that shows in `heard_at` whether the other end lives. The answer raises
        `ConnectionError` where it is awaited, when the connection ends before.
        """
        answer: asyncio.Future[ControlAnswer] = asyncio.get_running_loop().create_future()
        if not self.is_open:
            answer.set_exception(ConnectionResetError("the connection ended"))
            return answer
        self._waiting[request_id] = answer
        answer.add_done_callback(lambda _: self._waiting.pop(request_id, None))
        self._send(self._zmtp.frames([b"", data]) + self._zmtp.ping())
        return answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # For mypy alone: uvloop's transports do not inherit from asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)
        self._send(self._greeting)

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            messages = self._zmtp.received(data)
            answers = [decode_answer(parts[-1]) for parts in messages]
        except (ZmtpError, MessageDecodeError) as error:
            self._end(error)
            self.abort()
            return
        if self._zmtp.is_ready and not self.ready.done():
            self.ready.set_result(None)
        for answer in answers:
            waiting = self._waiting.get(answer.id)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end(None)

    def abort(self) -> None:
        self._end(None)
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: Exception | None) -> None:
        """Nothing more will arrive."""
        if not self.is_open:
            return
        self.is_open = False
        reason = "the connection ended" if error is None else str(error)
        if not self.ready.done():
            self.ready.set_exception(error if isinstance(error, RefusedPeerError) else ConnectionResetError(reason))
            self.ready.exception()  # whoever gave the connection up does not look
        for waiting in tuple(self._waiting.values()):
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(reason))

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
