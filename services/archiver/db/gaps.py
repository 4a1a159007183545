"""The ledger: which slots of which cameras have no picture, and why. Owns the gaps and the remembered cameras.

Each call is a transaction of its own and blocks on the database: call it on a thread. Transactions that write come one
after the other, whoever makes them (`database.writing`), so what one has looked at holds until it is done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Engine, Integer, tuple_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.archiver.db.engine import reading, writing
from services.archiver.db.intervals import GapReason, Missed, Stretch, explained, holes
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap

_ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class GapQuery:
    """Which gaps: those that reach into the stretch from `since` to `until` (UTC epoch seconds), beyond `after`."""

    camera_key: str | None = None
    since: int | None = None
    until: int | None = None
    after: tuple[int, int] | None = None
    """Start and id of the last one seen."""
    limit: int = 500


@dataclass(frozen=True, slots=True)
class SlotReport:
    """What a watch tells of a camera: it saw to the slots from `since` on, and all before `until` have ended.

    `missed` are those of them that it got no picture of. Not `watched`: the camera is disabled or removed.
    """

    camera_key: str
    name: str
    interval_seconds: int
    since: int
    until: int
    heard_at: datetime
    missed: tuple[Missed, ...] = ()
    watched: bool = True

    def joined(self, later: "SlotReport") -> "SlotReport | None":
        """Both as one, if they tell of the same camera under the same conditions."""
        same = (self.camera_key, self.interval_seconds, self.watched)
        if same != (later.camera_key, later.interval_seconds, later.watched):
            return None
        missed = joined(self.missed, later.missed)
        return SlotReport(
            later.camera_key,
            later.name,
            later.interval_seconds,
            min(self.since, later.since),
            max(self.until, later.until),
            later.heard_at,
            missed,
            later.watched,
        )


def joined(missed: Sequence[Missed], more: Sequence[Missed]) -> tuple[Missed, ...]:
    """In one row, neighbours with the same reason as one: an outage takes one place however long it is."""
    result = list(missed)
    for each in more:
        one = result[-1].joined(each) if result else None
        if one is None:
            result.append(each)
        else:
            result[-1] = one
    return tuple(result)


class Ledger:
    """The tables of gaps and cameras. Every method raises DatabaseUnavailableError when the database is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self) -> Sequence[ArchiveCamera]:
        """All that were ever heard of."""
        with reading(self._engine) as session:
            return session.exec(select(ArchiveCamera)).all()

    def settle(self, report: SlotReport) -> None:
        """Enter a gap for every slot before `report.until` that has neither a frame nor a gap yet.

        A camera that was not watched before owes nothing from before `report.since`. Told twice, or by two archivers,
        it changes nothing more.
        """
        with writing(self._engine) as session:
            camera = session.get(ArchiveCamera, report.camera_key)
            if camera is None:
                if not report.watched:
                    return
                camera = _new_camera(report)
            elif report.watched and not camera.watched:
                camera.settled_until = max(camera.settled_until, report.since)
            if camera.watched:
                _enter_gaps(session, Stretch(camera.settled_until, report.until), report)
            camera.settled_until = max(camera.settled_until, report.until)
            camera.name, camera.interval_seconds = report.name, report.interval_seconds
            camera.heard_at, camera.watched = report.heard_at, report.watched
            session.add(camera)

    def gaps(self, query: GapQuery) -> tuple[Sequence[ArchiveGap], tuple[int, int] | None]:
        """Those that reach into the stretch, oldest first, and where the next page begins; None after the last."""
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
        statement = select(ArchiveGap).where(*conditions).order_by(start, row_id).limit(query.limit + 1)
        with reading(self._engine) as session:
            rows = session.exec(statement).all()
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        return rows[: query.limit], (last.start_seconds, last.id or 0)


def is_deleted(session: Session, camera_key: str, slot_start: int) -> bool:
    """Whether somebody deleted this slot's picture, so that it is not to be had again. That of an hour does not stand
    for its quarters, should the interval be changed.
    """
    gap = session.exec(_gaps_within(camera_key, Stretch(slot_start, slot_start + 1))).first()
    return gap is not None and gap.reason == GapReason.DELETED and slot_start % gap.interval_seconds == 0


def enter_gap(session: Session, camera_key: str, interval_seconds: int, missed: Missed) -> None:
    """Enter what of it no other gap covers; where the gap before has the same reason, it grows instead."""
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
    """A late frame is there after all: take its slot out of the gap that told of it."""
    if frame.slot_start is None or frame.interval_seconds is None:
        return
    for gap in _overlapping(session, frame.camera_key, Stretch(frame.slot_start, frame.slot_start + 1)):
        length = min(gap.interval_seconds, frame.interval_seconds)
        whole, slot = Stretch(gap.start_seconds, gap.end_seconds), Stretch(frame.slot_start, frame.slot_start + length)
        rest = gap.model_dump(exclude={"id", "start_seconds", "end_seconds"})
        session.delete(gap)
        session.flush()  # before the remains, of which one may begin where the whole did
        for left in holes(whole, [slot]):
            session.add(ArchiveGap(**rest, start_seconds=left.start, end_seconds=left.end))


def _new_camera(report: SlotReport) -> ArchiveCamera:
    return ArchiveCamera(
        key=report.camera_key,
        name=report.name,
        interval_seconds=report.interval_seconds,
        settled_until=report.since,
        heard_at=report.heard_at,
        watched=True,
    )


def _enter_gaps(session: Session, owed: Stretch, report: SlotReport) -> None:
    for hole in list(holes(owed, _slots_of_frames(session, owed, report))):
        for missed in explained(hole, report.missed):
            enter_gap(session, report.camera_key, report.interval_seconds, missed)


def _slots_of_frames(session: Session, owed: Stretch, report: SlotReport) -> Iterator[Stretch]:
    """What the frames there are stand for: each its own slot, or the one of the present interval that it begins in."""
    interval = report.interval_seconds
    statement = (
        select(ArchivedFrame.slot_start, ArchivedFrame.interval_seconds)
        .where(
            ArchivedFrame.camera_key == report.camera_key,
            col(ArchivedFrame.slot_start) >= owed.start // interval * interval,
            col(ArchivedFrame.slot_start) < owed.end,
        )
        .order_by(col(ArchivedFrame.slot_start))
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for start, own in session.exec(statement):
        assert start is not None  # noqa: S101 the condition says so
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
