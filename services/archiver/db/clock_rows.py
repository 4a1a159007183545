"""What the database knows of this computer's clock: loads and keeps the evidence, and dates rows when a doubt ends.

Each call is some transactions of its own and blocks on the database: call it on a thread.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, delete, func, or_, true, update
from sqlmodel import Session, col, select

from services.archiver.base.clock_doubt import (
    AHEAD,
    FIRST_CAMERAS,
    FIRST_RELEASE,
    LONGEST_PAUSE,
    STEP_SECONDS,
    Evidence,
    Moment,
    Reading,
)
from services.archiver.base.epoch import EPOCH, from_ns, to_seconds
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.engine import reading, writing
from services.archiver.db.marks import raise_mark, read_mark
from services.archiver.db.models import ArchiveCamera, ArchiveClock, ArchivedFrame, ArchiveMark, CameraChange, FrameKind
from services.archiver.db.redating import ROWS_AT_ONCE, Redating, list_row
from services.archiver.files.frame_files import StoredFrame
from shared.clock import NS_PER_SECOND


class ClockRows:
    """The evidence of one boot's clock. Every method raises DatabaseUnavailableError."""

    def __init__(self, engine: Engine, trusted_clock: TrustedClock) -> None:
        self._engine = engine
        self._clock = trusted_clock
        self._confirmed = f"confirmed {trusted_clock.boot_id}"
        """The mark of a boot whose clock a person has confirmed: the offset of its anchor."""
        self._agreed = f"agreed {trusted_clock.boot_id}"
        """The mark of when another clock or a person last agreed with this boot's: in its own nanoseconds."""
        self._was_new = False
        """Whether the last `settle` found the clock set."""

    def load(self) -> None:
        """Judge the clock by what the database knows."""
        self._clock.judge_by(self.evidence())

    def evidence(self) -> Evidence:
        """The newest instant of the archive, and the reading of this boot that was right."""
        with reading(self._engine) as session:
            newest = max(_known_instants(session), default=None)
            mine = session.get(ArchiveClock, self._clock.boot_id)
            confirmed = read_mark(session, self._confirmed)
        anchor = None if mine is None else Reading(mine.anchor_boot_ns, mine.anchor_utc_ns)
        is_confirmed = anchor is not None and confirmed == anchor.offset_ns
        return Evidence(None if newest is None else _to_ns(newest), anchor, is_confirmed)

    def newest_adopted_ns(self) -> int | None:
        """When the newest frame was captured that this boot did not capture (epoch ns). Imported stills aside."""
        others = or_(col(ArchivedFrame.boot_id).is_(None), col(ArchivedFrame.boot_id) != self._clock.boot_id)
        with reading(self._engine) as session:
            found = _newest(session, and_(others, col(ArchivedFrame.doubtful).is_(False), _is_captured()))
        return None if found is None else _to_ns(found)

    def note(self) -> None:
        """The clock is trusted now: remember by which reading, and until when."""
        anchor, now = self._clock.anchor, from_ns(self._clock.clock.utc_ns())
        if anchor is None or self._clock.doubt() is not None or not self._clock.is_proven:
            return
        with writing(self._engine) as session:
            session.exec(delete(ArchiveClock).where(col(ArchiveClock.noted_at) > now + AHEAD))
            # Not at once after a step: until its frames are dated, what counts is who agreed with the clock before.
            if self._clock.agreed_ns is not None and self._is_noted(session, anchor):
                raise_mark(session, self._agreed, self._clock.agreed_ns)
            session.merge(
                ArchiveClock(
                    boot_id=self._clock.boot_id,
                    anchor_boot_ns=anchor.boot_ns,
                    anchor_utc_ns=anchor.utc_ns,
                    noted_at=now,
                )
            )
            if self._clock.is_confirmed:
                session.merge(ArchiveMark(name=self._confirmed, value=anchor.offset_ns))

    def settle(self) -> int:
        """If the clock is trusted, date this boot's frames by it (`redating.py`), and mark those that nobody can date.

        How many frames were dated anew. Frames of other boots that a scan took in during the doubt are listed: the
        doubt was about this boot, and said nothing of theirs.
        """
        doubt, anchor = self._clock.doubt(), self._clock.anchor
        if doubt is not None or anchor is None:
            return 0
        with reading(self._engine) as session:
            is_new = not self._is_noted(session, anchor)
            noted_ns = read_mark(session, self._agreed)
        before = [ns for ns in (noted_ns, self._clock.agreed_before_step_ns) if ns is not None]
        redating = Redating(self._engine, self._clock.boot_id, anchor, max(before, default=None))
        # Once more, for rows that were being written the first time. A run that fails counts as none.
        corrected = redating.run(from_ns(self._clock.clock.utc_ns()), after_step=is_new or self._was_new)
        self._was_new = is_new
        self._list_adopted()
        self.mark()
        self.note()
        return corrected

    def mark(self) -> int:
        """Mark the frames that are dated as no frame can be; how many. Marks only by a clock that is proven right.

        What is remembered of cameras must not lie in the future.
        """
        now = from_ns(self._clock.clock.utc_ns())
        if self._clock.doubt() is not None or not self._clock.is_proven:
            return 0
        unmarked = col(ArchivedFrame.doubtful).is_(False)
        with writing(self._engine) as session:
            session.exec(
                update(ArchiveCamera)
                .where(col(ArchiveCamera.settled_until) > to_seconds(now + AHEAD))
                .values(settled_until=to_seconds(now))
            )
            # Else no report of the camera would be believed until then (`gaps.py`).
            session.exec(update(CameraChange).where(col(CameraChange.begun_at) > now + AHEAD).values(begun_at=now))
            return session.exec(update(ArchivedFrame).where(unmarked, _impossible(now)).values(doubtful=True)).rowcount

    def believe(self) -> int:
        """Take the marks from all frames that can be dated so: somebody says that their dates are right. How many."""
        return self._list_marked(true())

    def _list_adopted(self) -> None:
        """Rows that were made from files during a doubt, as they would be made now. `new_row` gave them the same
        instant twice; a frame that was captured in doubt got its row later than it was captured.
        """
        adopted = col(ArchivedFrame.created_at) == col(ArchivedFrame.captured_at)
        of_others = or_(col(ArchivedFrame.boot_id).is_(None), col(ArchivedFrame.boot_id) != self._clock.boot_id)
        self._list_marked(and_(adopted, of_others))

    def _list_marked(self, condition: ColumnElement[bool]) -> int:
        """List the marked frames that meet the condition, unless no frame can have their dates; how many."""
        possible = ~_impossible(from_ns(self._clock.clock.utc_ns()))
        marked = and_(col(ArchivedFrame.doubtful).is_(True), condition, possible)
        some = select(ArchivedFrame).where(marked).order_by(col(ArchivedFrame.id)).limit(ROWS_AT_ONCE)
        count = 0
        while True:
            with writing(self._engine) as session:
                rows = session.exec(some).all()
                for row in rows:
                    list_row(session, row)
            if not rows:
                return count
            count += len(rows)

    def _is_noted(self, session: Session, anchor: Reading) -> bool:
        """Whether the boot's frames were dated by this setting of the clock the last time."""
        noted = session.get(ArchiveClock, self._clock.boot_id)
        if noted is None:
            return False
        return abs(noted.anchor_utc_ns - noted.anchor_boot_ns - anchor.offset_ns) <= STEP_SECONDS * NS_PER_SECOND


def new_row(stored: StoredFrame, clock: TrustedClock) -> ArchivedFrame:
    """The row of a stored frame. In doubt it is marked, unless an earlier boot captured it at a time that can be.

    An imported still is from another clock, of which this one says nothing.
    """
    row = ArchivedFrame.of(stored, from_ns(clock.clock.utc_ns()))
    if stored.is_imported:
        return row
    if clock.doubt() is None:
        # One that is behind within the boot's time may be right: the computer may have stood still since.
        row.doubtful = _is_outside(row, clock) and is_contradicted(row, clock)
        return row
    newest = clock.newest
    is_ours = row.boot_id == clock.boot_id
    row.doubtful = is_ours or (newest is not None and row.captured_at > newest + LONGEST_PAUSE)
    if not is_ours:
        row.created_at = row.captured_at  # the clock's own time must not become evidence
    return row


def captured_row(stored: StoredFrame, clock: TrustedClock) -> ArchivedFrame:
    """The row of a frame that this archiver has just captured. It is marked, too, if the clock was set since."""
    row = new_row(stored, clock)
    row.doubtful = row.doubtful or is_contradicted(row, clock)
    return row


def is_contradicted(row: ArchivedFrame, clock: TrustedClock) -> bool:
    """Whether the clock, as it is trusted now, had another time when it dated this row."""
    if row.boot_id is None or row.boot_ns is None:
        return False
    return clock.contradicts(Moment(row.boot_id, row.boot_ns), _to_ns(row.captured_at))


def _is_outside(row: ArchivedFrame, clock: TrustedClock) -> bool:
    """Whether this boot had not begun by the row's date, or the frame is dated after its capture."""
    anchor, captured_ns = clock.anchor, _to_ns(row.captured_at)
    if anchor is None or row.boot_ns is None:
        return False
    return not anchor.offset_ns <= captured_ns <= anchor.offset_ns + row.boot_ns


def is_of_now(stored: StoredFrame, clock: TrustedClock) -> bool:
    """Whether this boot captured the frame less than an interval ago, whatever the clock showed."""
    now, moment = clock.moment_at(clock.clock.utc_ns()), stored.moment
    interval_ns = (stored.interval_seconds or 0) * NS_PER_SECOND
    return moment is not None and moment.boot_id == now.boot_id and abs(moment.boot_ns - now.boot_ns) < interval_ns


def _known_instants(session: Session) -> list[datetime]:
    """Instants that were not in the future when a trusted clock wrote them down. An imported still is no evidence."""
    is_evidence = and_(col(ArchivedFrame.doubtful).is_(False), _is_captured())
    newest = _newest(session, is_evidence)
    last = select(ArchivedFrame.created_at).where(is_evidence).order_by(col(ArchivedFrame.id).desc()).limit(1)
    found = (newest, session.exec(last).first(), session.exec(select(func.max(ArchiveClock.noted_at))).first())
    return [instant for instant in found if instant is not None]


def _newest(session: Session, condition: ColumnElement[bool]) -> datetime | None:
    captured_at = col(ArchivedFrame.captured_at)
    return session.exec(select(captured_at).where(condition).order_by(captured_at.desc()).limit(1)).first()


def _impossible(now: datetime) -> ColumnElement[bool]:
    """Dated in the future, before there were such cameras, or captured by us before there was this program.

    An imported still may be a picture of any year before.
    """
    captured_at = col(ArchivedFrame.captured_at)
    ours = or_(col(ArchivedFrame.created_at) < FIRST_RELEASE, col(ArchivedFrame.boot_id).is_not(None))
    too_early = or_(captured_at < FIRST_CAMERAS, and_(captured_at < FIRST_RELEASE, ours))
    return or_(captured_at > now + AHEAD, and_(too_early, _is_captured()))


def _is_captured() -> ColumnElement[bool]:
    """By an archiver, and not imported from another program's stills."""
    return col(ArchivedFrame.kind) != FrameKind.IMPORTED.value


def _to_ns(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1) * 1000
