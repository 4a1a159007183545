"""Dates the frames that one boot captured by the reading of its clock that is right. Their files keep names and labels.

These are dated anew: each frame that was captured in a doubt; and each one that was captured outside a doubt whose date
the reading contradicts by more than a minute. There is one exception. A computer that stood still, as a paused virtual
machine does, finds its clock set ahead afterwards, though it was right before. So where the reading is later than the
frame's date, the frame keeps it if another clock, or a person, agreed with this computer's when it was captured, or
later in this boot.

Each step is a transaction of its own and blocks on the database: call it on a thread. One that is cut short is done
again from the beginning, and comes to the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, or_, true, update
from sqlmodel import Session, col, select

from services.archiver.base.clock_doubt import STEP_SECONDS, Moment, Reading, corrected_ns
from services.archiver.base.epoch import EPOCH, from_ns, to_seconds
from services.archiver.db.engine import reading, writing
from services.archiver.db.gaps import fill_gap
from services.archiver.db.models import ArchiveCamera, ArchivedFrame
from services.archiver.db.moved_gaps import Shift, move_gaps, near_seconds

ROWS_AT_ONCE: Final = 100
"""In one transaction. More of them keep other writers waiting on a small computer, until those give up."""
STEP: Final = timedelta(seconds=STEP_SECONDS)


@dataclass(frozen=True, slots=True)
class Redating:
    """Of one boot's frames. Every method raises DatabaseUnavailableError.

    `anchor` is the reading that is right. Another clock or a person agreed with this computer's last at `agreed_ns` of
    the boot, before the clock was set; None when nobody ever did.
    """

    engine: Engine
    boot_id: str
    anchor: Reading
    agreed_ns: int | None

    def run(self, now: datetime, *, after_step: bool) -> int:
        """How many frames were dated anew. `after_step`: look at all of the boot, not only at those in doubt and those
        outside the boot's time. First every slot is freed, so no frame finds its own slot taken by one that leaves it.
        """
        candidates = true() if after_step else self._outside(now)
        is_any = False
        for rows in self._pages(candidates):
            is_any = True
            self._free_slots([row.id or 0 for row in rows if self._is_wrong(row)])
        if not is_any:
            return 0  # as at most times: the table is not read twice for it
        corrected, shifts = 0, dict[str, Shift]()
        for rows in self._pages(candidates):
            self._note_shifts(rows, shifts)
            corrected += self._date([row.id or 0 for row in rows if row.doubtful or self._is_wrong(row)])
        if after_step and corrected:
            with writing(self.engine) as session:
                move_gaps(session, shifts, now)
        if corrected:
            self._settle_new_cameras()
        return corrected

    def _outside(self, now: datetime) -> ColumnElement[bool]:
        """In doubt, or dated outside the boot's time."""
        captured_at = col(ArchivedFrame.captured_at)
        began = max(EPOCH, from_ns(self.anchor.offset_ns) - STEP)
        return or_(col(ArchivedFrame.doubtful).is_(True), captured_at < began, captured_at > now + STEP)

    def _pages(self, candidates: ColumnElement[bool]) -> Iterator[Sequence[ArchivedFrame]]:
        """In the order of their ids, a page at a time."""
        last_id = 0
        while True:
            ours = and_(col(ArchivedFrame.boot_id) == self.boot_id, candidates, col(ArchivedFrame.id) > last_id)
            some = select(ArchivedFrame).where(ours).order_by(col(ArchivedFrame.id)).limit(ROWS_AT_ONCE)
            with reading(self.engine) as session:
                rows = session.exec(some).all()
            if not rows:
                return
            yield rows
            last_id = rows[-1].id or 0

    def _right(self, row: ArchivedFrame) -> datetime:
        return from_ns(corrected_ns(Moment(self.boot_id, row.boot_ns or 0), self.anchor))

    def _is_wrong(self, row: ArchivedFrame) -> bool:
        behind = self._right(row) - row.captured_at
        if row.doubtful or behind < timedelta():
            return abs(behind) > STEP
        was_right = self.agreed_ns is not None and (row.boot_ns or 0) <= self.agreed_ns
        return behind > STEP and not was_right

    def _note_shifts(self, rows: Sequence[ArchivedFrame], shifts: dict[str, Shift]) -> None:
        """By how much each camera's frames are moved back, and since when. In a doubt no gap was entered."""
        for row in rows:
            shift = (self._right(row) - row.captured_at).total_seconds()
            if row.interval_seconds is None or row.doubtful or shift >= 0 or not self._is_wrong(row):
                continue
            slot = to_seconds(row.captured_at) // row.interval_seconds * row.interval_seconds
            known = shifts.get(row.camera_key)
            shifts[row.camera_key] = Shift(slot if known is None else min(slot, known.since), shift)

    def _free_slots(self, ids: Sequence[int]) -> None:
        if ids:
            with writing(self.engine) as session:
                session.exec(update(ArchivedFrame).where(col(ArchivedFrame.id).in_(ids)).values(slot_start=None))

    def _date(self, ids: Sequence[int]) -> int:
        """Date these frames, oldest first, and give them their slots; how many had another date."""
        if not ids:
            return 0
        corrected = 0
        some = select(ArchivedFrame).where(col(ArchivedFrame.id).in_(ids)).order_by(col(ArchivedFrame.boot_ns))
        with writing(self.engine) as session:
            for row in session.exec(some).all():
                is_wrong = self._is_wrong(row)
                corrected += is_wrong
                if is_wrong:
                    row.captured_at = row.created_at = self._right(row)
                    row.slot_start = _free_slot(session, row)
                list_row(session, row)
        return corrected

    def _settle_new_cameras(self) -> None:
        """A camera that was new when the clock was wrong misses no slot before its first frame."""
        with writing(self.engine) as session:
            for camera in session.exec(select(ArchiveCamera)).all():
                mine = select(ArchivedFrame).where(ArchivedFrame.camera_key == camera.key)
                first = session.exec(mine.order_by(col(ArchivedFrame.captured_at)).limit(1)).first()
                if first is not None and first.boot_id == self.boot_id:
                    start = to_seconds(first.captured_at) // camera.interval_seconds * camera.interval_seconds
                    camera.settled_until = max(camera.settled_until, start)
                    session.add(camera)


def list_row(session: Session, row: ArchivedFrame) -> None:
    """Write the row as one that lists show: its slot is no longer a gap."""
    row.doubtful = False
    session.add(row)
    session.flush()
    fill_gap(session, row)


def _free_slot(session: Session, row: ArchivedFrame) -> int | None:
    """The slot of the row's instant. None when another frame has it, which keeps it: two were captured for one slot."""
    interval = row.interval_seconds
    if interval is None:
        return None
    instant, near = (row.captured_at - EPOCH).total_seconds(), near_seconds(interval)
    for shift in (0.0, near):
        start = int((instant + shift) // interval) * interval
        taken = select(ArchivedFrame.id).where(
            ArchivedFrame.camera_key == row.camera_key, ArchivedFrame.slot_start == start, ArchivedFrame.id != row.id
        )
        with session.no_autoflush:
            if session.exec(taken).first() is None:
                return start
    return None
