"""The rows of the gaps, and of the cameras that are remembered: every query of them.

Each call is a transaction of its own and blocks on the database: call it on a thread. Writing transactions come one
after the other, in all archivers (`writing` in `engine.py`). So what a transaction has read stays true until its end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import starmap
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Engine, Integer, tuple_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.archiver.base.capture_rule import idle_slots
from services.archiver.db.engine import reading, writing
from services.archiver.db.gap_columns import GapSpan, JoinedGaps, read_joined, read_spans
from services.archiver.db.intervals import GapReason, Missed, Stretch, explained, holes
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap, CameraChange
from services.archiver.db.slot_report import SlotReport

_ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class GapQuery:
    """Which gaps: all that overlap the stretch from `since` to `until` (UTC epoch seconds), after the gap `after`."""

    camera_key: str | None = None
    since: int | None = None
    until: int | None = None
    after: tuple[int, int] | None = None
    """Start and id of the last gap on the page before."""
    limit: int = 500


class GapRows:
    """The tables of gaps and cameras. Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self) -> Sequence[ArchiveCamera]:
        """All cameras that ever sent a status."""
        with reading(self._engine) as session:
            return session.exec(select(ArchiveCamera)).all()

    def record(self, report: SlotReport) -> None:
        """Insert gaps for all slots before `report.until` that have neither a frame nor a gap yet.

        A camera that was not active before has no gaps before `report.since`. A report that is recorded again, by this
        or by another archiver, changes nothing.
        """
        with writing(self._engine) as session:
            camera = session.get(ArchiveCamera, report.camera_key)
            if camera is None:
                if not report.active or _was_changed(session, report):
                    return
                camera = _new_camera(report)
            elif report.active and not camera.watched:
                camera.settled_until = max(camera.settled_until, report.since)
            if camera.watched:
                _insert_gaps(session, Stretch(camera.settled_until, report.until), report)
            camera.settled_until = max(camera.settled_until, report.until)
            camera.name, camera.interval_seconds = report.name, report.interval_seconds
            camera.heard_at, camera.watched = report.heard_at, report.active
            session.add(camera)

    def missed_spans(self, camera_key: str | None, since: int, until: int) -> Sequence[GapSpan]:
        """See `read_spans`: the missed slots of a stretch as bare numbers."""
        with reading(self._engine) as session:
            return read_spans(session, camera_key, since, until)

    def joined(self, query: GapQuery, resolution: int) -> tuple[list[JoinedGaps], int | None]:
        """See `read_joined`: gaps that begin within the same `resolution` seconds as one."""
        with reading(self._engine) as session:
            return read_joined(session, _conditions(query), resolution, query.limit)

    def gaps(self, query: GapQuery) -> tuple[Sequence[ArchiveGap], tuple[int, int] | None]:
        """The gaps oldest first, and the `after` of the next page; None after the last page."""
        place = (col(ArchiveGap.start_seconds), col(ArchiveGap.id))
        statement = select(ArchiveGap).where(*_conditions(query)).order_by(*place).limit(query.limit + 1)
        with reading(self._engine) as session:
            rows = session.exec(statement).all()
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        return rows[: query.limit], (last.start_seconds, last.id or 0)


def is_deleted(session: Session, camera_key: str, slot_start: int) -> bool:
    """Whether this slot's picture was deleted, so that it must not be captured again.

    A deleted hour does not cover its quarters, should the interval become shorter.
    """
    gap = session.exec(_gaps_within(camera_key, Stretch(slot_start, slot_start + 1))).first()
    return gap is not None and gap.reason == GapReason.DELETED and slot_start % gap.interval_seconds == 0


def insert_gap(session: Session, camera_key: str, interval_seconds: int, missed: Missed) -> None:
    """Insert the part that no other gap covers. If the gap just before has the same reason, it grows instead."""
    before = session.exec(
        select(ArchiveGap).where(
            ArchiveGap.camera_key == camera_key, col(ArchiveGap.end_seconds) == missed.stretch.start
        )
    ).first()
    covered = [Stretch(gap.start_seconds, gap.end_seconds) for gap in _overlapping(session, camera_key, missed.stretch)]
    for hole in holes(missed.stretch, covered):
        same = before is not None and (before.interval_seconds, before.reason) == (interval_seconds, missed.reason)
        if before is not None and same and before.end_seconds == hole.start:
            before.end_seconds = hole.end
            gap = before
        else:
            gap = ArchiveGap(
                camera_key=camera_key,
                start_seconds=hole.start,
                end_seconds=hole.end,
                interval_seconds=interval_seconds,
                reason=missed.reason,
                detail=missed.detail,
            )
        session.add(gap)
    session.flush()


def fill_gap(session: Session, frame: ArchivedFrame) -> None:
    """The frame of a missed slot has come after all: take its slot out of the gap."""
    if frame.slot_start is None or frame.interval_seconds is None:
        return
    for gap in _overlapping(session, frame.camera_key, Stretch(frame.slot_start, frame.slot_start + 1)):
        length = min(gap.interval_seconds, frame.interval_seconds)
        whole, slot = Stretch(gap.start_seconds, gap.end_seconds), Stretch(frame.slot_start, frame.slot_start + length)
        rest = gap.model_dump(exclude={"id", "start_seconds", "end_seconds"})
        session.delete(gap)
        session.flush()  # before the parts that stay, as one of them may have the same start
        for left in holes(whole, [slot]):
            session.add(ArchiveGap(**rest, start_seconds=left.start, end_seconds=left.end))


def _was_changed(session: Session, report: SlotReport) -> bool:
    """Whether the camera was renamed or forgotten since it was last heard: a recorder that waits for it says so."""
    change = session.get(CameraChange, report.camera_key)
    return change is not None and report.heard_at <= change.begun_at


def _conditions(query: GapQuery) -> list[ColumnElement[bool]]:
    start, end, row_id = col(ArchiveGap.start_seconds), col(ArchiveGap.end_seconds), col(ArchiveGap.id)
    conditions: list[ColumnElement[bool]] = []
    if query.camera_key is not None:
        conditions.append(col(ArchiveGap.camera_key) == query.camera_key)
    if query.since is not None:
        conditions.append(end > query.since)
    if query.until is not None:
        conditions.append(start < query.until)
    if query.after is not None:
        conditions.append(tuple_(start, row_id) > tuple_(*query.after, types=[BigInteger(), Integer()]))
    return conditions


def _new_camera(report: SlotReport) -> ArchiveCamera:
    return ArchiveCamera(
        key=report.camera_key,
        name=report.name,
        interval_seconds=report.interval_seconds,
        settled_until=report.since,
        heard_at=report.heard_at,
        watched=True,
    )


def _insert_gaps(session: Session, owed: Stretch, report: SlotReport) -> None:
    idle = idle_slots(report.rule, owed.start, owed.end, report.interval_seconds)
    taken = merge(slots_of_frames(session, report.camera_key, report.interval_seconds, owed), starmap(Stretch, idle))
    for hole in list(holes(owed, taken)):
        for missed in explained(hole, report.missed):
            insert_gap(session, report.camera_key, report.interval_seconds, missed)


def slots_of_frames(session: Session, camera_key: str, interval: int, owed: Stretch) -> Iterator[Stretch]:
    """The stretches that frames cover: each its own slot, or the slot of the present interval that it starts in."""
    statement = (
        select(ArchivedFrame.slot_start, ArchivedFrame.interval_seconds)
        .where(
            ArchivedFrame.camera_key == camera_key,
            col(ArchivedFrame.slot_start) >= owed.start // interval * interval,
            col(ArchivedFrame.slot_start) < owed.end,
            col(ArchivedFrame.doubtful).is_(False),  # nobody knows whether it is of that slot
        )
        .order_by(col(ArchivedFrame.slot_start))
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    with session.exec(statement) as rows:  # closed by itself when nobody reads to the end
        for start, own in rows:
            assert start is not None  # noqa: S101 by the condition
            within = start // interval * interval
            yield Stretch(within, max(start + (own or 0), within + interval))


def _overlapping(session: Session, camera_key: str, stretch: Stretch) -> Sequence[ArchiveGap]:
    return session.exec(_gaps_within(camera_key, stretch)).all()


def _gaps_within(camera_key: str, stretch: Stretch) -> SelectOfScalar[ArchiveGap]:
    return (
        select(ArchiveGap)
        .where(
            ArchiveGap.camera_key == camera_key,
            col(ArchiveGap.start_seconds) < stretch.end,
            col(ArchiveGap.end_seconds) > stretch.start,
        )
        .order_by(col(ArchiveGap.start_seconds))
    )
