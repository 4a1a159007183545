"""This computer's clock, and whether it is trusted. Owns the evidence; `clock_doubt.py` judges by it.

`clock_rows.py` loads the evidence from the database and keeps it there, so a doubt outlives the archiver.
"""

import threading
import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from services.archiver.base.clock_doubt import Doubt, DoubtKind, Evidence, Moment, Reading, agrees, doubt_of
from services.archiver.base.epoch import from_ns
from shared.clock import NS_PER_SECOND, Clock
from shared.logs import get_logger

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
log = get_logger(__name__)


def this_boot() -> str:
    """The kernel's name of this boot, the same in all containers; elsewhere than on Linux one of this process."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()[:36]
    except OSError:
        return str(uuid.uuid4())


class TrustedClock:
    """From any thread. Every answer is computed from the clocks as they are now: a step is noticed at once."""

    def __init__(self, clock: Clock, boot_id: str | None = None) -> None:
        self.clock = clock
        self.boot_id = boot_id or this_boot()
        self.witnesses: dict[str, float] = {}
        """By name: how many seconds this clock was ahead of each other one, when that was last read."""
        self.agreed_ns: int | None = None
        """When another clock or a person last agreed with this one: nanoseconds of the boot."""
        self.agreed_before_step_ns: int | None = None
        """The same, before the clock was last set. Whoever agrees after a step says nothing of the time before it."""
        self._lock = threading.Lock()
        self._evidence: Evidence | None = None
        self._contradiction: Doubt | None = None
        self.is_confirmed = False
        """A person has said that the clock is right, so no other clock contradicts it any more."""
        self._is_settled = False
        """Between clocks that contradict each other another has decided. A step begins it anew."""
        self._is_proven = False
        self._was_doubted = False

    def read(self) -> Reading:
        """Both clocks now."""
        return Reading(self.clock.boot_ns(), self.clock.utc_ns())

    def moment_at(self, utc_ns: int) -> Moment:
        """The moment at which this clock, as it is set now, showed that time (epoch ns)."""
        return Moment(self.boot_id, utc_ns - self.read().offset_ns)

    def judge_by(self, evidence: Evidence) -> None:
        """The archive's evidence has been read. A clock that it does not contradict is trusted from now on."""
        with self._lock:
            if evidence.is_confirmed and doubt_of(self.read(), evidence) is None:
                self._contradiction, self.is_confirmed = None, True
            if evidence.anchor is None and self._is_proven:
                evidence = Evidence(evidence.newest_ns, self.anchor)
            self._evidence = evidence
        self.doubt()
        self._is_proven = evidence.anchor is not None or (evidence.newest_ns is not None and self.anchor is not None)

    def doubt(self) -> Doubt | None:
        """Why the clock is not trusted now; None when it is."""
        reading = self.read()
        with self._lock:
            if self._evidence is None:
                return Doubt(DoubtKind.NOT_JUDGED)
            found = doubt_of(reading, self._evidence)
            if found is None and self._evidence.anchor is None:
                self._evidence = Evidence(self._evidence.newest_ns, reading)
            if found is not None and found.kind == DoubtKind.STEP:
                self._is_settled = False
                # Every agreement ends the doubt. So the last one that there is was before the step.
                self.agreed_before_step_ns = self.agreed_ns
            found = found or self._contradiction
            self._was_doubted = self._was_doubted or found is not None
            return found

    def is_behind(self) -> bool:
        """Whether it is in doubt because it is behind: then it shows times that have been before."""
        found = self.doubt()
        return found is not None and (found.kind == DoubtKind.BEFORE_RELEASE or found.seconds < 0)

    def was_doubted(self) -> bool:
        """Whether anybody was told of a doubt since the last call, however short it was."""
        with self._lock:
            was, self._was_doubted = self._was_doubted, False
            return was

    def contradicts(self, moment: Moment, utc_ns: int) -> bool:
        """Whether this clock was set since it showed `utc_ns` (epoch ns) at that moment of this boot.

        Then it is remembered as a doubt, so that the archive is settled soon.
        """
        anchor = self.anchor
        if anchor is None or moment.boot_id != self.boot_id:
            return False
        found = doubt_of(Reading(moment.boot_ns, utc_ns), Evidence(anchor=anchor)) is not None
        if found:
            self.remember_doubt()
        return found

    def remember_doubt(self) -> None:
        """A row in doubt was written: `was_doubted` tells of it."""
        with self._lock:
            self._was_doubted = True

    @property
    def anchor(self) -> Reading | None:
        """The reading that is trusted. The clock may have been set since."""
        return self._evidence.anchor if self._evidence else None

    @property
    def is_proven(self) -> bool:
        """Whether something besides the clock itself speaks for it: rows, another clock or a person."""
        return self._is_proven

    @property
    def newest(self) -> datetime | None:
        """The latest instant that the archive knew when the evidence was read."""
        found = self._evidence.newest_ns if self._evidence else None
        return None if found is None else from_ns(found)

    def prove(self) -> None:
        """Nothing has spoken against the clock for long enough."""
        self._is_proven = True

    def confirm(self) -> None:
        """A person says that the clock is right."""
        reading = self.read()
        self.doubt()  # it sees a step that nobody has seen yet
        self._trust(reading, "a person")
        self.agreed_ns = reading.boot_ns
        self.is_confirmed = True

    def hear(self, witness: str, utc_ns: int, *, contradicts: bool = False, confirms: bool = True) -> bool:
        """Another clock shows that time now; whether this one agrees. Then a doubt ends, if the other one `confirms`:
        one that may be this very clock ends nothing but its own contradiction.

        With `contradicts` a clock that differs makes this one doubted, until it agrees, or a person or a clock that
        contradicts nobody has decided; then until the next step it is not heard again.
        """
        reading = self.read()
        self.witnesses[witness] = seconds = (reading.utc_ns - utc_ns) / NS_PER_SECOND
        if agrees(reading, utc_ns) and not confirms:
            self._withdraw(witness)
            return True
        if agrees(reading, utc_ns):
            found = self.doubt()
            if found is not None and found.kind == DoubtKind.CONTRADICTED and not contradicts:
                self._is_settled = True
            if found is not None or not self._is_proven:
                self._trust(reading, witness)
            self.agreed_ns = reading.boot_ns  # after the doubt, which takes it for an agreement before the step
            return True
        if contradicts and not (self.is_confirmed or self._is_settled):
            self._contradiction = Doubt(DoubtKind.CONTRADICTED, seconds, witness)
        return False

    def _withdraw(self, witness: str) -> None:
        with self._lock:
            if self._contradiction is not None and self._contradiction.witness == witness:
                self._contradiction = None

    def _trust(self, reading: Reading, witness: str) -> None:
        with self._lock:
            newest_ns = self._evidence.newest_ns if self._evidence else None
            self._evidence, self._contradiction = Evidence(newest_ns, reading), None
            self._is_proven = True
        log.info("the clock is trusted", witness=witness)
