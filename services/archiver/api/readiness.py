"""Whether the archiver can answer, for /readyz. It asks all the time, so that the answer itself needs no thread.

An error is an answer, too: it is shown elsewhere, as a problem. What counts here is that nothing comes back at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from anyio.to_thread import run_sync
from sqlalchemy import Engine
from sqlmodel import select

from services.archiver.api.turns import Turns
from services.archiver.base import texts
from services.archiver.base.threads import Threads
from services.archiver.db.engine import reading
from services.archiver.files.store import FrameStore
from shared.errors import FramecastError

ASK_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0


class Readiness:
    """Asks the endpoints' threads, the database and the store again and again. On the loop."""

    def __init__(
        self, engine: Engine, store: FrameStore, loop_seconds: Callable[[], float], quick: dict[str, Turns]
    ) -> None:
        """`loop_seconds` is the loop's time (`LoopClock`). `quick` are the turns of requests that take milliseconds, by
        what they are about.
        """
        self._engine = engine
        self._store = store
        self._loop_seconds = loop_seconds
        self._quick = quick
        self._threads = Threads()
        self._asked_at: dict[str, float] = {}
        """Since when nothing has answered, by what is said then."""

    def why_not_ready(self) -> str | None:
        """What has not answered for `ANSWER_SECONDS`, in words; None when everything has."""
        now = self._loop_seconds()
        for what, asked_at in self._asked_at.items():
            if now - asked_at > ANSWER_SECONDS:
                return texts.no_answer(what, now - asked_at)
        for what, turns in self._quick.items():
            if turns.stuck_seconds() > ANSWER_SECONDS:
                return texts.no_answer(what, turns.stuck_seconds())
        return None

    async def run(self) -> None:
        """Ask until it is cancelled."""
        async with asyncio.TaskGroup() as asking:
            asking.create_task(self._ask(texts.ENDPOINT_THREADS, lambda: run_sync(_nothing)))
            asking.create_task(self._ask(texts.THE_DATABASE, lambda: self._threads.run(self._ask_database)))
            asking.create_task(self._ask(texts.THE_STORE, lambda: self._threads.run(self._ask_store)))

    async def _ask(self, what: str, question: Callable[[], Awaitable[object]]) -> None:
        while True:
            self._asked_at[what] = self._loop_seconds()
            try:
                await question()
            except FramecastError:
                pass
            finally:
                del self._asked_at[what]
            await asyncio.sleep(ASK_SECONDS)

    def _ask_database(self) -> None:
        with reading(self._engine) as session:
            session.exec(select(1)).one()

    def _ask_store(self) -> None:
        self._store.free_bytes()


def _nothing() -> None:
    """It only has to be run."""
