"""The asyncio client of the way back: how stream and the archiver ask ingest."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from shared.backoff import Backoff
from shared.bus.connecting import connect
from shared.bus.curve import ClientKeys
from shared.bus.mechanism import REQUESTER, Mechanism, NullMechanism
from shared.bus.zmtp import RefusedPeerError
from shared.control.client_connection import ControlClientConnection
from shared.control.messages import (
    DEFAULT_DEADLINE_SECONDS,
    ClientFacts,
    ControlAnswer,
    ControlRefusedError,
    ControlRequest,
    ControlSilentError,
    Proof,
    encode_request,
    new_request_id,
)
from shared.throttled_log import ThrottledLog

MAX_UNDER_WAY: Final = 8
"""Ingest takes no more from one connection."""
MAX_WAITING: Final = 64
"""Requests that wait for their turn. Beyond it one is refused as `busy`."""
GRACE_SECONDS: Final = 0.5
"""Ingest itself answers at the deadline, in words that say more than its silence."""
HANDSHAKE_SECONDS: Final = 3.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.1, 1.0
UNTELLABLE: Final = "The request has a number without end, or text that is no Unicode, so it can't be sent."
SILENT: Final = "Ingest does not answer."


class ControlClient:
    """Asks at `address`, `tcp://HOST:PORT` or `ipc://PATH`. It connects at the first request and costs nothing before.
    A lost connection is made anew for the next request. One that is under way is sent again, once, with the same id: so
    it is done once. Every method is called on one loop.
    """

    def __init__(self, address: str, keys: ClientKeys | None = None) -> None:
        self._address = address
        self._keys = keys
        self._connection: ControlClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._turns = asyncio.Semaphore(MAX_UNDER_WAY)
        self._waiting = 0
        self._is_closed = False
        self._failures = ThrottledLog("control connection", event="failed")

    async def ask(
        self,
        do: str,
        proof: Proof | None = None,
        client: ClientFacts | None = None,
        arguments: Mapping[str, Any] | None = None,
        deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
    ) -> Mapping[str, Any]:
        """The result of one request.

        Raises:
            ControlRefusedError: ingest refused, too many requests of this client wait (`busy`), or it can't be sent.
            ControlSilentError: nobody answered within the deadline, or the client was closed.
        """
        request_id = new_request_id()
        try:
            request = ControlRequest(
                id=request_id,
                do=do,
                proof=proof,
                client=client,
                arguments=dict(arguments or {}),
                deadline_seconds=deadline_seconds,
            )
            data = encode_request(request)
        except (ValidationError, PydanticSerializationError):  # the error has the text in it, which may be a secret
            raise ControlRefusedError("malformed", UNTELLABLE) from None
        if self._waiting >= MAX_WAITING:
            raise ControlRefusedError("busy", "Too many requests wait for ingest. Try again in a moment.", 1.0)
        self._waiting += 1
        try:
            async with asyncio.timeout(deadline_seconds + GRACE_SECONDS), self._turns:
                answer = await self._answer(request_id, data, deadline_seconds)
        except TimeoutError:
            raise ControlSilentError(SILENT) from None
        finally:
            self._waiting -= 1
        return answer.result_or_raise()

    async def _answer(self, request_id: str, data: bytes, deadline_seconds: float) -> ControlAnswer:
        """The answer to the request with these bytes. It is sent a second time when the connection ends, or has been
        silent for half of the time: a peer behind a broken network ends nothing. One that is slow answers PINGs.
        """
        for is_last in (False, True):
            connection = await self._connected()
            sent_at = asyncio.get_running_loop().time()
            answer = connection.ask(request_id, data)
            try:
                if not is_last:
                    await asyncio.wait([answer], timeout=deadline_seconds / 2)
                    if not answer.done() and connection.heard_at < sent_at:
                        connection.abort()
                return await answer
            except ConnectionError as error:
                self._failures.count(str(error))
            finally:
                answer.cancel()
        raise ControlSilentError(SILENT)

    async def _connected(self) -> ControlClientConnection:
        """A connection whose handshake is over. Tried until there is one."""
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        async with self._connecting:
            while self._connection is None or not self._connection.is_open:
                if self._is_closed:
                    raise ControlSilentError(SILENT)
                try:
                    self._connection = await self._connect()
                except RefusedPeerError as error:
                    raise ControlRefusedError("not_allowed", f"Ingest refuses this program: {error}.") from None
                except (ConnectionError, TimeoutError) as error:
                    self._failures.count(str(error) or "the other end said nothing")
                    await asyncio.sleep(retry.next_seconds())
            return self._connection

    async def _connect(self) -> ControlClientConnection:
        connection = ControlClientConnection(self._mechanism())
        if not await connect(connection, self._address):
            raise ConnectionRefusedError("nobody listens there")
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await connection.ready
        except BaseException:
            connection.abort()
            raise
        return connection

    def _mechanism(self) -> Mechanism:
        if self._keys is None:
            return NullMechanism(REQUESTER)
        from shared.bus.curve_client import CurveClient  # noqa: PLC0415 needs libsodium, which is seldom needed

        return CurveClient(self._keys, REQUESTER)

    async def close(self) -> None:
        """End the connection. Requests under way raise `ControlSilentError`."""
        self._is_closed = True
        if self._connection is not None:
            self._connection.abort()
