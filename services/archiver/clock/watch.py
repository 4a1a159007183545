"""Watches this computer's clock: says why it is in doubt, asks other clocks, and settles the archive afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import clock_texts
from services.archiver.base.clock_doubt import Doubt, DoubtKind, Evidence, doubt_of
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.clock.witnesses import Witness, ask
from services.archiver.db.clock_rows import ClockRows
from shared.logs import get_logger

LOOK_SECONDS: Final = 5.0
FIRST_LOOK_SECONDS: Final = 0.5
ASK_SECONDS: Final = 30.0
"""How often other clocks are asked while ours is in doubt."""
NOTE_SECONDS: Final = 3600.0
"""How often all is looked at while nothing is in doubt: the disk may sleep in between."""
UNPROVEN_SECONDS: Final = 3600.0
"""How long an archive that had no rows at the start is looked at again: they may be made from its files."""
log = get_logger(__name__)


class ClockWatch:
    """On the loop; its work runs on threads. `on_trusted` is called after a doubt. `sleep` is a seam for tests."""

    sleep: Callable[[float], Awaitable[None]] = staticmethod(asyncio.sleep)

    def __init__(
        self,
        engine: Engine,
        clock: TrustedClock,
        on_trusted: Callable[[], None],
        witnesses: Sequence[Witness] = (),
    ) -> None:
        self.problems = Problems()
        self._clock = clock
        self._rows = ClockRows(engine, clock)
        self._on_trusted = on_trusted
        self._witnesses = witnesses
        self._threads = Threads()
        self._monotonic = clock.clock.monotonic
        self._began = self._monotonic()
        self._asked = self._settled = float("-inf")
        self._was_empty: bool | None = None
        """Whether the archive had no rows when the clock was judged."""
        self._settles_left = 1
        """How often the archive is still to be settled: twice after a doubt, for rows that were being written then."""

    async def run(self) -> None:
        """Watch until it is cancelled."""
        while True:
            try:
                await self.look()
            except DatabaseUnavailableError as error:
                log.warning("the clock can't be judged now", reason=str(error))
            is_judged = self._was_empty is not None
            await self.sleep(LOOK_SECONDS if is_judged else FIRST_LOOK_SECONDS)

    async def look(self) -> None:
        """Judge the clock now, ask who can tell, and settle the archive if the clock has become right."""
        doubt = self._clock.doubt()
        if doubt is not None and doubt.kind == DoubtKind.NOT_JUDGED:
            return
        await self._look_for_evidence()
        now = self._monotonic()
        await self._ask(now)
        doubt = self._clock.doubt()
        if self._clock.was_doubted():
            self._settles_left = 2
        if doubt is not None:
            self.problems.report(Subject.CLOCK, self._in_words(doubt))
        elif self._settles_left or now - self._settled >= NOTE_SECONDS:
            await self._settle()
            self._settled = now

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _settle(self) -> None:
        corrected = await self._threads.run(self._rows.settle)
        self._settles_left = max(0, self._settles_left - 1)
        self._on_trusted()
        self.problems.clear(Subject.CLOCK)
        if corrected:
            log.info("frames of a wrong clock dated anew", count=corrected)

    async def _ask(self, now: float) -> None:
        """Ask the kernel, which costs nothing, and the others when it is their time. So when the clock is set, it is
        known to a look how long it was right.
        """
        for witness in self._witnesses:
            if witness.never_blocks:
                ask(witness, self._clock)
        if now - self._asked < (NOTE_SECONDS if self._clock.doubt() is None else ASK_SECONDS):
            return
        self._asked = now
        for witness in self._witnesses:
            if not witness.never_blocks:
                await self._threads.run(partial(ask, witness, self._clock))
        if self._clock.doubt() is not None:
            await self._look_for_confirmation()

    async def _look_for_evidence(self) -> None:
        """An archive without rows has no evidence. If its rows are made from its files, those are."""
        if self._was_empty is None:
            self._was_empty = self._clock.newest is None
        if self._clock.is_proven or not self._was_empty:
            return
        if self._monotonic() - self._began > UNPROVEN_SECONDS and self._clock.doubt() is None:
            self._clock.prove()
            return
        newest_ns = await self._threads.run(self._rows.newest_adopted_ns)
        if newest_ns is not None:
            self._clock.judge_by(Evidence(newest_ns))

    async def _look_for_confirmation(self) -> None:
        """The command may have been told that the clock is right."""
        evidence = await self._threads.run(self._rows.evidence)
        if evidence.anchor is not None and doubt_of(self._clock.read(), evidence) is None:
            self._clock.judge_by(evidence)

    def _in_words(self, doubt: Doubt) -> str:
        # To the day, so that the sentence is not another one at each look.
        now = f"{from_ns(self._clock.clock.utc_ns()):%Y-%m-%d}"
        return clock_texts.clock_in_doubt(now, doubt)
