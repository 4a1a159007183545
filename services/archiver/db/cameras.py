"""The cameras of the archive as a whole: how much each has, and how its rows get another key or go.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, delete, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from services.archiver.db.engine import reading, writing
from services.archiver.db.file_facts import FileFact
from services.archiver.db.frame_query import FILE_BYTES
from services.archiver.db.frame_slots import clear_slots_of
from services.archiver.db.gaps import insert_gap
from services.archiver.db.intervals import Missed, Stretch, holes
from services.archiver.db.marks import raise_mark, read_mark
from services.archiver.db.models import (
    ArchiveCamera,
    ArchivedFrame,
    ArchiveGap,
    ArchiveMark,
    DeletedFrame,
    PendingDeletion,
    ToldRule,
)

_GAPS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class ArchivedCamera:
    """How much the archive has of one camera. Times are None without frames, `interval_seconds` of one never heard."""

    key: str
    name: str
    frames: int
    bytes: int
    first_at: datetime | None
    last_at: datetime | None
    interval_seconds: int | None


class CameraRows:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[ArchivedCamera]:
        """Every camera that has frames or was ever heard, by key."""
        key, at = col(ArchivedFrame.camera_key), col(ArchivedFrame.captured_at)
        is_known = col(ArchivedFrame.doubtful).is_(False)
        ends = (func.min(at).filter(is_known), func.max(at).filter(is_known))
        columns = (key, func.count(), func.sum(FILE_BYTES), *ends)
        amounts = select_columns(*columns).group_by(key)
        with reading(self._engine) as session:
            known = {camera.key: camera for camera in session.exec(select(ArchiveCamera))}
            found = {camera_key: values for camera_key, *values in session.connection().execute(amounts)}
        return [_archived(each, known.get(each), found.get(each)) for each in sorted(known.keys() | found.keys())]

    def has(self, key: str) -> bool:
        """Whether the archive knows anything of this camera."""
        with reading(self._engine) as session:
            one = select(ArchivedFrame.id).where(ArchivedFrame.camera_key == key).limit(1)
            gap = select(ArchiveGap.id).where(ArchiveGap.camera_key == key).limit(1)
            found = (session.exec(one).first(), session.exec(gap).first(), session.get(ArchiveCamera, key))
            return any(each is not None for each in found)

    def twins(self, new_paths: Sequence[str]) -> dict[str, str]:
        """The hash of each of these paths that has a row."""
        with reading(self._engine) as session:
            statement = select(ArchivedFrame.path, ArchivedFrame.sha256).where(col(ArchivedFrame.path).in_(new_paths))
            return dict(session.exec(statement).all())

    def rename_frames(self, moved: Sequence[tuple[FileFact, str]], new_key: str) -> None:
        """These rows' files are under these new paths now. A row whose new path has a row already goes; what was known
        of it holds for the other. A row that somebody deleted meanwhile stays deleted, with its file.
        """
        with writing(self._engine) as session:
            clear_slots_of(session, [fact.id for fact, _ in moved], new_key)
            for fact, new_path in moved:
                own = session.get(ArchivedFrame, fact.id)
                twin = session.exec(select(ArchivedFrame).where(ArchivedFrame.path == new_path)).first()
                if own is None:
                    if twin is None:
                        session.merge(PendingDeletion(path=new_path, deleted_at=datetime.now(UTC)))
                elif twin is None:
                    own.camera_key, own.path = new_key, new_path
                    session.add(own)
                elif twin.id != own.id:
                    twin.kept |= own.kept
                    twin.put_back_at = twin.put_back_at or own.put_back_at
                    session.add(twin)
                    session.delete(own)

    def copy_rule(self, key: str, new_key: str) -> None:
        """The rule that ingest told of a camera holds for another one, too, unless that has its own."""
        with writing(self._engine) as session:
            rule, own = session.get(ToldRule, key), session.get(ToldRule, new_key)
            if rule is not None and own is None:
                session.add(ToldRule(**rule.model_dump(exclude={"camera_key"}), camera_key=new_key))

    def rename_rest(self, key: str, new_key: str) -> None:
        """What is no frame: gaps, what is remembered of the camera and of its deletions."""
        while self._rename_gaps(key, new_key):
            pass
        with writing(self._engine) as session:
            camera, other = session.get(ArchiveCamera, key), session.get(ArchiveCamera, new_key)
            if camera is not None:
                if other is None:
                    session.add(ArchiveCamera(**camera.model_dump(exclude={"key"}), key=new_key))
                session.delete(camera)
            for deleted in session.exec(select(DeletedFrame).where(_below(key))):
                path = deleted.path.replace(f"{key}/", f"{new_key}/", 1).replace(f"/{key}_", f"/{new_key}_", 1)
                session.merge(DeletedFrame(path=path, sha256=deleted.sha256, deleted_at=deleted.deleted_at))
                session.delete(deleted)
            session.exec(delete(ToldRule).where(col(ToldRule.camera_key) == key))
            expired = read_mark(session, f"expired {key}")
            if expired is not None:
                raise_mark(session, f"expired {new_key}", expired)
            session.exec(delete(ArchiveMark).where(col(ArchiveMark.name) == f"expired {key}"))

    def forget_rest(self, key: str) -> None:
        """The same, without a trace."""
        with writing(self._engine) as session:
            session.exec(delete(ArchiveGap).where(col(ArchiveGap.camera_key) == key))
            session.exec(delete(ArchiveCamera).where(col(ArchiveCamera.key) == key))
            session.exec(delete(DeletedFrame).where(_below(key)))
            session.exec(delete(ToldRule).where(col(ToldRule.camera_key) == key))
            session.exec(delete(ArchiveMark).where(col(ArchiveMark.name) == f"expired {key}"))

    def _rename_gaps(self, key: str, new_key: str) -> bool:
        """Some gaps: of each the part where the other camera has no frame. False when none is left."""
        with writing(self._engine) as session:
            statement = select(ArchiveGap).where(ArchiveGap.camera_key == key).limit(_GAPS_AT_ONCE)
            gaps = session.exec(statement).all()
            for gap in gaps:
                whole = Stretch(gap.start_seconds, gap.end_seconds)
                rest = list(holes(whole, _frames_within(session, new_key, whole)))
                session.delete(gap)
                for stretch in rest:
                    insert_gap(session, new_key, gap.interval_seconds, Missed(stretch, gap.reason, gap.detail))
            return bool(gaps)


def _archived(key: str, known: ArchiveCamera | None, values: Sequence[Any] | None) -> ArchivedCamera:
    frames, byte_count, first_at, last_at = values or (0, 0, None, None)
    return ArchivedCamera(
        key=key,
        name=known.name if known else key,
        frames=frames,
        bytes=int(byte_count or 0),
        first_at=first_at,
        last_at=last_at,
        interval_seconds=known.interval_seconds if known else None,
    )


def _below(key: str) -> ColumnElement[bool]:
    return col(DeletedFrame.path).startswith(f"{key}/", autoescape=True)


def _frames_within(session: Session, key: str, whole: Stretch) -> list[Stretch]:
    statement = (
        select(ArchivedFrame.slot_start, ArchivedFrame.interval_seconds)
        .where(
            ArchivedFrame.camera_key == key,
            col(ArchivedFrame.slot_start) >= whole.start,
            col(ArchivedFrame.slot_start) < whole.end,
        )
        .order_by(col(ArchivedFrame.slot_start))
    )
    return [Stretch(start or 0, (start or 0) + (length or 0)) for start, length in session.exec(statement)]
