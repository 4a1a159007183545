"""Carries a plan out: begins and ends faults, waits until all is as before, and lets the observer look meanwhile."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from faults.judged import Judged, JudgedArchive, enough, escaped, is_read
from faults.kinds.cameras import KIND as OF_CAMERAS
from faults.lab import Lab, not_as_before
from faults.observer import SETTLED_SECONDS, Observer
from faults.plan import Plan, Round, Step
from faults.promises import Breach
from faults.stack import INTERVAL_SECONDS, REPLICA_PORTS
from faults.viewers.door import Door
from faults.window import Window

START_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 1.0
PATIENCE: Final = 4
"""However late the machine is, a promised time is extended to this multiple at most."""
GIVE_UP_SECONDS: Final = 60.0
"""When nothing is as before by so much after the promised time, the campaign ends: what follows would say nothing."""
STEADY_SECONDS: Final = 2.0
"""Within this time after the first moment at which all is as before, it must be so once more."""
REST_SECONDS: Final = 6.5
"""After each round, for the judgement of frames and slots without a fault."""
DECIDED: Final = "what the owner decides is done"
RECOVERY: Final = "ready again within the promised time"


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long it took after a fault's end until all was as before."""

    fault: str
    kind: str
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What a campaign found. `aborted` says why it ended early."""

    rounds: int = 0
    seconds: float = 0.0
    breaches: list[Breach] = field(default_factory=list)
    streams: Judged = field(default_factory=Judged)
    archive: JudgedArchive = field(default_factory=lambda: JudgedArchive(INTERVAL_SECONDS))
    recoveries: list[Recovery] = field(default_factory=list)
    injected: list[tuple[str, str]] = field(default_factory=list)
    aborted: str | None = None


class Campaign:
    """One run of a plan on a lab. `run` returns when the time is out or nothing recovers."""

    def __init__(self, lab: Lab, plan: Plan, seconds: float) -> None:
        self._lab = lab
        self._plan = plan
        self._seconds = seconds
        self._observer = Observer(lab)
        self._owner = ThreadPoolExecutor(1, "owner")
        self._turn: Future[None] | None = None
        """What the owner of the cameras asks for during a fault."""
        self._looked_at = 0.0
        self._wrong = ""
        """What was the last thing that was not as before."""
        self.outcome = Outcome()

    def run(self) -> Outcome:
        began = time.monotonic()
        if self._wait_as_before(time.time(), START_SECONDS) is None:
            self.outcome.aborted = "the services did not start"
            return self.outcome
        self._lab.timeline.add("all is well: the campaign begins")
        self._observer.watch_from_here()
        self._rest()
        self._observer.note_usage()
        while time.monotonic() - began < self._seconds and self.outcome.aborted is None:
            try:
                self._round(self._plan.next_round())
            except AssertionError as error:  # by what begins or ends a fault
                self.outcome.aborted = f"a fault could not be carried out: {error}"
            self.outcome.rounds += 1
        self.outcome.seconds = time.monotonic() - began
        self.outcome.streams, self.outcome.archive = self._observer.streams, self._observer.archive
        self._report(list(self._not_judged(time.time())))
        return self.outcome

    def _not_judged(self, now: float) -> Iterator[Breach]:
        with self._lab.lock:
            late = self._lab.record.late_seconds(now - SETTLED_SECONDS, now)
        yield from enough(self.outcome.streams, now)
        yield from is_read(self._observer.why_unread, now)
        yield from escaped(self.outcome.archive, SETTLED_SECONDS + late)

    def _round(self, chosen: Round) -> None:
        windows = list(self._break(chosen))
        ended = max(window.ended for window in windows)
        promised = max(window.promise.recovery_seconds for window in windows)
        recovered = self._wait_as_before(ended, promised)
        if recovered is None:
            at = time.time()
            names = " and ".join(window.fault for window in windows)
            words = f"not as before {at - ended:.1f} s after the end of {names}: {self._wrong}"
            self._report([Breach(RECOVERY, names, at, words)])
            recovered = self._wait_as_before(ended, promised + GIVE_UP_SECONDS)
            if recovered is None:
                self.outcome.aborted = f"nothing became as before: {self._wrong}"
                recovered = time.time()
        self._lab.timeline.add(f"as before, {recovered - ended:.1f} s after the last fault's end; last: {self._wrong}")
        for window in windows:
            self._observer.put_window(replace(window, recovered=recovered))
            self.outcome.recoveries.append(Recovery(window.fault, window.kind, recovered - ended))
        self._rest()
        self._report(self._observer.look_at_archive())
        self._observer.note_usage()
        self._report(self._observer.look())
        self._observer.end_round()

    def _break(self, chosen: Round) -> Iterator[Window]:
        """Each window with its end. The faults of a round may overlap."""
        moments = [(step.after, 0, step) for step in chosen.steps]
        moments += [(step.after + step.seconds, 1, step) for step in chosen.steps]
        began, running = time.monotonic(), dict[str, tuple[ExitStack, Window]]()
        with ExitStack() as whatever_happens:
            for due, is_end, step in sorted(moments, key=lambda moment: moment[:2]):
                self._watch_until(began + due)
                if is_end:
                    yield self._end(step, *running.pop(step.fault.name))
                else:
                    running[step.fault.name] = self._begin(step, whatever_happens)
                    if step is chosen.steps[0] and all(each.fault.kind != OF_CAMERAS for each in chosen.steps):
                        self._turn = self._owner.submit(self._lab.owner.turn, self._door())

    def _begin(self, step: Step, whatever_happens: ExitStack) -> tuple[ExitStack, Window]:
        fault = step.fault
        self._lab.timeline.add(f"FAULT begins: {fault.name}")
        window = Window(fault.name, fault.kind, fault.promise, time.time())
        self._observer.put_window(window)
        exits = whatever_happens.enter_context(ExitStack())
        exits.enter_context(fault.during(self._lab))
        window = replace(window, in_place=time.time())
        self._observer.put_window(window)
        self.outcome.injected.append((fault.kind, fault.name))
        return exits, window

    def _end(self, step: Step, exits: ExitStack, window: Window) -> Window:
        window = replace(window, ending=time.time())
        exits.close()
        self._lab.timeline.add(f"FAULT ends: {step.fault.name}")
        window = replace(window, ended=time.time())
        self._observer.put_window(window)
        return window

    def _rest(self) -> None:
        refused = self._lab.tokens.renew(self._door())
        if refused is not None:
            self._report([Breach(DECIDED, "token", time.time(), refused)])
        self._watch_while(self._turn)
        self._watch_while(self._owner.submit(self._lab.owner.restore, self._door()))
        self._watch_until(time.monotonic() + REST_SECONDS)

    def _door(self) -> Door:
        """Each replica in turn, but for those that a fault adds."""
        doors = self._lab.stack.doors[: len(REPLICA_PORTS)]
        return doors[self.outcome.rounds % len(doors)]

    def _watch_while(self, asked: Future[None] | None) -> None:
        """Until the owner has been answered."""
        while asked is not None and not asked.done():
            time.sleep(0.1)
            self._look_if_due()
        if asked is not None:
            asked.result()

    def _watch_until(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self._look_if_due()

    def _look_if_due(self) -> None:
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self._report(self._observer.look())

    def _wait_as_before(self, since: float, seconds: float) -> float | None:
        """Since when all was as before, and stayed so; None if not within the time, which is extended by the machine's
        lateness. Pictures and answers that were under way when the fault ended are no recovery yet.
        """
        began, first = since, None
        while True:
            now = time.time()
            wrong = not_as_before(self._lab, since if first is None else first)
            if wrong is None and first is not None:
                return first
            with self._lab.lock:
                late = self._lab.record.late_seconds(began, now)
            if wrong is None:
                first = now
            elif first is not None and now - first > STEADY_SECONDS + late:
                since, first = now, None
            self._wrong = wrong or self._wrong
            if now - began > min(seconds + late, PATIENCE * seconds):
                return None
            time.sleep(0.1)
            self._look_if_due()

    def _report(self, breaches: list[Breach]) -> None:
        for breach in breaches:
            self.outcome.breaches.append(breach)
            self._lab.timeline.add(f"BREACH of '{breach.promise}': {breach.words}")
