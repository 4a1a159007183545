"""Turns: what one kind of request may take, and what a client that has gone costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import HTTPException, Request
from starlette.types import Message
from structlog.testing import capture_logs

from services.archiver.api.turns import AT_ONCE, MAX_WAITING, Turns
from shared.web import client_log


class Client:
    """The sender of one request."""

    def __init__(self) -> None:
        self.has_gone = False

    async def receive(self) -> Message:
        return {"type": "http.disconnect" if self.has_gone else "http.request"}

    @property
    def request(self) -> Request:
        return Request({"type": "http", "headers": []}, self.receive)


@asynccontextmanager
async def turn(turns: Turns, client: Client) -> AsyncIterator[None]:
    """As FastAPI does: the dependency before the endpoint, and its end after it."""
    dependency = turns(client.request)
    await anext(dependency)
    try:
        yield
    finally:
        await dependency.aclose()


async def test_more_requests_than_turns_wait_in_their_order() -> None:
    """Otherwise 200 requests for sheets took every thread, and the archive answered nobody for a minute."""
    turns, done, release = Turns(), list[int](), asyncio.Event()

    async def work(number: int) -> None:
        async with turn(turns, Client()):
            await release.wait()
            done.append(number)

    tasks = [asyncio.create_task(work(number)) for number in range(AT_ONCE + 2)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert done == []
    release.set()
    await asyncio.gather(*tasks)
    assert done == list(range(AT_ONCE + 2))


async def test_a_client_that_has_gone_loses_its_turn() -> None:
    """The work would be for nobody."""
    gone = Client()
    gone.has_gone = True
    turns = Turns()
    with pytest.raises(HTTPException):
        async with turn(turns, gone):
            pytest.fail("its turn came")
    async with turn(turns, Client()):
        pass


async def test_an_address_with_too_many_in_line_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line itself is bounded, too, and it moves on afterwards. The log names the limit once."""
    monkeypatch.setattr(client_log, "_limits", client_log.ClientLog(client_log.LIMIT_SECONDS))
    turns, release = Turns(), asyncio.Event()

    async def work() -> None:
        async with turn(turns, Client()):
            await release.wait()

    tasks = [asyncio.create_task(work()) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(HTTPException, match="64 requests") as refused:
                async with turn(turns, Client()):
                    pytest.fail("its turn came")
            assert refused.value.status_code == 429
    assert [(line["limit"], line["number"]) for line in lines] == [("requests in line", MAX_WAITING)]
    release.set()
    await asyncio.gather(*tasks)
    async with turn(turns, Client()):
        pass
