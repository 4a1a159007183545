"""Gathers what has to be looked for, and puts all facts to the promises, every second."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from faults.audience import CAMERAS
from faults.judged import Judged, JudgedArchive
from faults.lab import Lab
from faults.promises import PROMISES, Breach
from faults.promises.delivery import STREAMED, disturbed_seconds, judged_stretches
from faults.record import Record
from faults.secrets import OutputWatch
from faults.stack import INTERVAL_SECONDS
from faults.usage import usage_left_behind, usage_of
from faults.window import Window

KEPT_SECONDS: Final = 200.0
"""How long lateness and counts of pictures are remembered."""
SETTLED_SECONDS: Final = 8.0 * INTERVAL_SECONDS
"""Once all is as before, no camera's slots are unsettled for longer: else nobody would judge them."""
SLOTS_AGAIN_SECONDS: Final = 30.0
"""Slots that were settled shortly before the last look are judged again: something may have doubled them since."""


class Observer:
    """One thread calls it. `breaches` are all that were found."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._outputs = OutputWatch()
        self._since = time.time()
        self._slots_from = 0.0
        self._told: set[tuple[str, str]] = set()
        self._words: set[str] = set()
        self.breaches: list[Breach] = []
        self.streams = Judged()
        self.archive = JudgedArchive(INTERVAL_SECONDS)
        self.why_unread: str | None = "it was never looked at"
        """Why the last look at the archive failed; None if it did not."""

    def watch_from_here(self) -> None:
        """All is as it should be: what was before is not judged."""
        self._slots_from = time.time()
        self._lab.owner.begin()
        self.end_round()
        self.streams = Judged()
        self.archive = JudgedArchive(INTERVAL_SECONDS, self._slots_from, self._slots_from)
        for _ in self._lab.rows.new_pictures():
            pass
        self._lab.rows.note_files()

    def look(self) -> list[Breach]:
        """The new breaches. A breach of the same promise by the same subject is reported once a round."""
        for leak in self._outputs.look(self._logs()):
            self._lab.note(leak)
        with self._lab.lock:
            self._lab.record.until = time.time()
            record = self._lab.record.copy()  # to judge it takes a while, and viewers may not wait for that
        found = [breach for promise in PROMISES for breach in promise.breaches(record)]
        new = []
        for breach in found:
            if (breach.promise, breach.subject) not in self._told and breach.words not in self._words:
                self._told.add((breach.promise, breach.subject))
                self._words.add(breach.words)
                new.append(breach)
        self.breaches += new
        return new

    def look_at_archive(self) -> list[Breach]:
        """Note all settled slots, new pictures and lost ones. It is a breach when a camera's slots are not settled any
        more. For when all is as before.
        """
        rows, now = self._lab.rows, time.time()
        try:
            settled = rows.settled_until()
            slots = rows.slots(self._slots_from, now, INTERVAL_SECONDS)
            lost = rows.lost()
            rows.note_files()
            pictures = list(rows.new_pictures())  # last: what it gives it never gives again
        except (SQLAlchemyError, OSError) as error:
            self._lab.timeline.add(f"the lab can't read the archive: {error}")
            self.why_unread = str(error)
            return []
        self.why_unread = None
        self.archive.add(slots, pictures)
        self.archive.until, self.archive.unread = now, len(rows.unread)
        self._slots_from = next_slots_from(self._slots_from, settled, now)
        with self._lab.lock:
            self._lab.record.slots = slots
        for picture in pictures:
            self._lab.note(picture)
        for gone in lost:
            self._lab.note(gone)
        with self._lab.lock:
            late = self._lab.record.late_seconds(now - SETTLED_SECONDS, now)
        return list(unsettled(settled, now, SETTLED_SECONDS + late))

    def note_usage(self) -> None:
        for service in self._lab.stack.services.values():
            if service.pid:
                self._lab.note(usage_of(service))
        self._lab.note(usage_left_behind(self._lab.stack.services.values()))

    def end_round(self) -> None:
        """Forget facts that no promise needs any more."""
        self._told.clear()
        record, oldest = self._lab.record, min(time.time() - KEPT_SECONDS, self._slots_from)
        with self._lab.lock:
            self._add_up(record)
            self._since = time.time()
            record.since = self._since
            record.windows = [each for each in record.windows if each.recovered > oldest]
            record.sights = [sight for sight in record.sights if sight.at > self._since]
            record.painted = [fact for fact in record.painted if fact.at > oldest]
            record.sessions = [fact for fact in record.sessions if fact.at > self._since]
            record.archived.clear()
            record.lost.clear()
            record.leaks.clear()
            record.knocks = [knock for knock in record.knocks if knock.at > self._since]
            record.told = [told for told in record.told if told.at > self._since - 2]
            record.files = [seen for seen in record.files if seen.at > self._since]
            record.shown = [shown for shown in record.shown if shown.at > self._since]
            record.lateness = [late for late in record.lateness if late.at > oldest]

    def _add_up(self, record: Record) -> None:
        record.until = time.time()
        self.streams.add(sight for sight in record.sights if sight.at > self._since)
        for viewer in STREAMED:
            self.streams.judged += sum(stretch.seconds for stretch in judged_stretches(record, viewer))
            self.streams.disturbed += disturbed_seconds(record, viewer)
            self.streams.whole += record.until - record.since

    def put_window(self, window: Window) -> None:
        """Enter a window, or what is new of it."""
        with self._lab.lock:
            windows = self._lab.record.windows
            windows[:] = [each for each in windows if (each.fault, each.began) != (window.fault, window.began)]
            windows.append(replace(window))

    def _logs(self) -> list[Path]:
        return [log for service in self._lab.stack.services.values() for log in service.logs()]


def next_slots_from(slots_from: float, settled: Mapping[str, float], now: float) -> float:
    """From when on slots are looked at the next time: all that are not settled yet, however old they are, and the
    latest ones once more.
    """
    latest = now - SLOTS_AGAIN_SECONDS - 2 * INTERVAL_SECONDS
    return max(slots_from, min(latest, *(settled.get(camera, 0.0) - INTERVAL_SECONDS for camera in CAMERAS)))


def unsettled(settled: Mapping[str, float], now: float, seconds: float) -> Iterator[Breach]:
    """A breach for each archived camera whose slots of that long ago have neither frame nor gap yet."""
    for camera in sorted(CAMERAS):
        until = settled.get(camera, 0.0)
        if until < now - seconds:
            words = f"{camera}: its slots are settled until {until:.0f} only, {now - until:.0f} s ago"
            yield Breach("slots are settled", camera, now, words)
