"""Tells an archiver that hangs from one that is busy with a long request.

A busy archiver still answers its health check, which needs its event loop alone. One that hangs, or whose host is gone,
answers nothing: people are told so after 2 seconds, and not after the minute that a long request may take. A page that
looks once a second then says so within 3 seconds.
"""

import asyncio
from contextlib import suppress
from typing import Final

import httpx2

from shared.errors import FramecastError
from shared.web.access.guard import HEALTH

PATIENT_SECONDS: Final = 0.5
"""A request that is answered sooner, as nearly all are, asks for no health check."""
HEALTH_SECONDS: Final = 1.5


class ArchiveHangsError(FramecastError):
    """Raised when the archiver answers neither a request nor its health check."""


class ArchivePulse:
    """Sends requests to the archiver by `client`. All that wait share one health check. Used on one loop."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._check: asyncio.Task[Exception | None] | None = None

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """The beginning of the answer, however long it takes: for requests that change something."""
        return await self._client.send(request, stream=True)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        """The beginning of the answer.

        Raises:
            ArchiveHangsError: the archiver answered no health check meanwhile.
            httpx2.TransportError: the request failed, or nothing listens at the archiver's address any more.
        """
        sending = asyncio.create_task(self.send(request))
        try:
            await self._wait_for(sending)
            return sending.result()
        except BaseException:
            await _end(sending)
            raise

    async def _wait_for(self, sending: asyncio.Task[httpx2.Response]) -> None:
        await asyncio.wait({sending}, timeout=PATIENT_SECONDS)
        while not sending.done():
            check = self._health_check()
            await asyncio.wait({sending, check}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done() and (trouble := check.result()) is not None:
                raise trouble
            await asyncio.wait({sending}, timeout=PATIENT_SECONDS)

    def _health_check(self) -> asyncio.Task[Exception | None]:
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._trouble())
        return self._check

    async def _trouble(self) -> Exception | None:
        """Why nothing more is to be waited for; None while the archiver is healthy, as far as anybody knows."""
        try:
            await self._client.get(HEALTH, timeout=httpx2.Timeout(HEALTH_SECONDS))
        except httpx2.PoolTimeout:
            return None  # many requests are under way, and nothing is known of the archiver
        except httpx2.TimeoutException:
            return ArchiveHangsError("the archiver answers nothing")
        except httpx2.TransportError as error:
            return error  # it has ended: nothing listens there
        return None


async def _end(sending: "asyncio.Task[httpx2.Response]") -> None:
    """Nobody waits any more. An answer that came at the same moment gives its connection back."""
    sending.cancel()
    with suppress(asyncio.CancelledError, httpx2.TransportError):
        await (await sending).aclose()
