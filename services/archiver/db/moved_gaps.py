"""Gaps that a clock entered which was ahead: they go where its frames go, and nothing of them is left in the future.

A gap that a clock entered which was behind stays: what is dated too early may be another boot's outage. The slots that
were missed then have no frame and no gap, and the next report of the camera enters them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from services.archiver.base.epoch import to_seconds
from services.archiver.db.gaps import insert_gap, slots_of_frames
from services.archiver.db.intervals import GapReason, Missed, Stretch, holes
from services.archiver.db.models import ArchiveCamera, ArchiveGap

_NEAR_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Shift:
    """What a camera's clock was ahead by, in seconds, and the first slot that it dated so (UTC epoch seconds)."""

    since: int
    seconds: float

    def moved(self, at: int, interval: int) -> int:
        """The slot that this one really was. The two clocks were not read at the same instant."""
        return int((at + self.seconds + near_seconds(interval)) // interval) * interval


def near_seconds(interval: int) -> float:
    """An instant this shortly before a slot may belong to it. Captures come some moments after their slots begin, one
    later than the other. So by the right clock two frames of neighbouring slots can be in one, the second at its end.
    """
    return min(_NEAR_SECONDS, interval / 10)


def move_gaps(session: Session, shifts: Mapping[str, Shift], now: datetime) -> None:
    """Move each camera's gaps as its frames were, then take out what no clock can have entered up to now.

    A camera that has only gaps, which its future ones tell, goes with the others: one clock has dated them all.
    """
    common = min(shifts.values(), key=lambda shift: shift.since, default=None)
    for camera in session.exec(select(ArchiveCamera)).all():
        shift = shifts.get(camera.key, common if camera.settled_until > to_seconds(now) else None)
        if shift is not None:
            _move(session, camera, shift)
    _cut(session, to_seconds(now))


def _move(session: Session, camera: ArchiveCamera, shift: Shift) -> None:
    start = col(ArchiveGap.start_seconds)
    theirs = select(ArchiveGap).where(ArchiveGap.camera_key == camera.key).order_by(start)
    gaps = session.exec(theirs.where(start >= shift.since)).all()
    for gap in gaps:
        session.delete(gap)
    true_since = shift.since + int(shift.seconds)
    for gap in session.exec(theirs.where(start < shift.since, col(ArchiveGap.end_seconds) > true_since)).all():
        _end_by(session, gap, shift.moved(shift.since, gap.interval_seconds))
    session.flush()  # before those that are entered, as they may have the same starts
    for gap in gaps:
        _enter(session, gap, shift)
    if camera.settled_until >= shift.since:
        camera.settled_until = shift.moved(camera.settled_until, camera.interval_seconds)


def _end_by(session: Session, gap: ArchiveGap, first: int) -> None:
    """Such a clock supposed that nobody captured until the first slot that it dated: that is too long by its error."""
    if gap.start_seconds >= first:
        session.delete(gap)
    else:
        gap.end_seconds = min(gap.end_seconds, first)


def _enter(session: Session, gap: ArchiveGap, shift: Shift) -> None:
    """The part of the moved gap that no frame and no other gap covers."""
    interval = gap.interval_seconds
    start = shift.moved(gap.start_seconds, interval)
    whole = Stretch(start, start + gap.end_seconds - gap.start_seconds)
    for hole in list(holes(whole, slots_of_frames(session, gap.camera_key, interval, whole))):
        insert_gap(session, gap.camera_key, interval, Missed(hole, gap.reason, gap.detail))


def _cut(session: Session, now: int) -> None:
    """No slot is missed before it has begun, and none is settled. A picture may be deleted while its slot runs."""
    for gap in session.exec(select(ArchiveGap).where(col(ArchiveGap.end_seconds) > now)).all():
        running = now // gap.interval_seconds * gap.interval_seconds
        if gap.reason == GapReason.DELETED and gap.start_seconds <= now:
            continue
        if gap.start_seconds >= running:
            session.delete(gap)
        else:
            gap.end_seconds = running
    for camera in session.exec(select(ArchiveCamera)).all():
        running = now // camera.interval_seconds * camera.interval_seconds
        camera.settled_until = min(camera.settled_until, running)
