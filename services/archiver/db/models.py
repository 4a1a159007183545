"""The tables. Owns their columns, names and indexes; `migrations/` bring a database to the same schema."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import BigInteger, DateTime, Dialect, Index, UniqueConstraint, false, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, Field, SQLModel

from services.archiver.base.epoch import to_seconds
from services.archiver.files.frame_files import StoredFrame

# Every constraint gets a predictable name. Without one SQLite could never be migrated.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, to the microsecond. SQLite forgets offsets, so every datetime is stored as UTC and read as UTC.

    A datetime without an offset raises ValueError: nobody knows which instant it is.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"the datetime {value.isoformat()} has no offset from UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        assert isinstance(value, datetime)  # noqa: S101 by DateTime
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FrameKind(StrEnum):
    """Why a frame was captured."""

    SLOT = "slot"
    """The frame of a slot."""
    MANUAL = "manual"
    """Somebody asked for it; it belongs to no slot."""
    IMPORTED = "imported"
    """A still of another program; it belongs to no slot."""


class ArchivedFrame(SQLModel, table=True):
    """One archived picture. `path` is relative to the archive; `bytes` and `sha256` are its file's.

    `slot_start` (epoch seconds) and `interval_seconds` are None for a frame without a slot. The columns that are
    measured on the picture are None for a while after the upgrade in rows that the first version wrote.
    """

    __tablename__ = "archived_frame"
    __table_args__ = (
        UniqueConstraint("camera_key", "slot_start"),
        UniqueConstraint("path"),
        Index(None, "camera_key", "captured_at", "id"),
        Index(None, "captured_at", "id"),
        # SQLite has no statistics, and would take a whole index of it for every query. To name PostgreSQL here would
        # load its dialect.
        Index(None, "doubtful", sqlite_where=text("doubtful IS 1")),
        # An id is never used again, so that no client deletes or shows another picture than it means.
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    camera_key: str = Field(max_length=63)
    kind: str = Field(
        default=FrameKind.SLOT.value, max_length=8, sa_column_kwargs={"server_default": FrameKind.SLOT.value}
    )
    """A `FrameKind`."""
    slot_start: int | None = Field(default=None, sa_type=BigInteger)
    interval_seconds: int | None = None
    captured_at: datetime = Field(sa_type=UtcDateTime)
    path: str = Field(max_length=255)
    width: int
    height: int
    bytes: int
    sha256: str = Field(max_length=64)
    thumbnail_bytes: int | None = None
    """Size of the thumbnail's file, whose path is `thumbnail_path_of(path)`."""
    brightness: float | None = None
    """Mean of the picture's luma, from 0 (black) to 255."""
    perceptual_hash: str | None = Field(default=None, max_length=16)
    """64 bits in hexadecimal: similar pictures differ in few of them (`image_features.py`)."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    boot_id: str | None = Field(default=None, max_length=36)
    """Which boot of which computer captured it. None in rows of earlier versions, and of files without that label."""
    boot_ns: int | None = Field(default=None, sa_type=BigInteger)
    """When it was captured: nanoseconds since that boot began."""
    doubtful: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Captured by a clock that was in doubt, or dated as no frame can be. No listing shows it until that is settled."""
    put_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its file was found again after retention had deleted it. Retention leaves such a frame alone."""
    kept: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Somebody marked it as kept, so retention never deletes it. The mark beside its file says the same."""

    @classmethod
    def of(cls, stored: StoredFrame, created_at: datetime) -> Self:
        """A new row, without id, for a stored frame."""
        return cls(
            camera_key=stored.name.camera_key,
            kind=_kind_of(stored).value,
            slot_start=_slot_of(stored),
            interval_seconds=stored.interval_seconds,
            captured_at=stored.captured_at,
            path=stored.name.path,
            width=stored.width,
            height=stored.height,
            bytes=stored.byte_count,
            sha256=stored.sha256,
            thumbnail_bytes=stored.thumbnail_bytes,
            brightness=stored.features.brightness,
            perceptual_hash=stored.features.perceptual_hash,
            created_at=created_at,
            boot_id=None if stored.moment is None else stored.moment.boot_id,
            boot_ns=None if stored.moment is None else stored.moment.boot_ns,
        )


def _kind_of(stored: StoredFrame) -> FrameKind:
    if stored.interval_seconds is not None:
        return FrameKind.SLOT
    return FrameKind.IMPORTED if stored.is_imported else FrameKind.MANUAL


def _slot_of(stored: StoredFrame) -> int | None:
    """That of its name; or else, if it was captured for a slot, the one of its instant."""
    start, interval = stored.name.slot_start, stored.interval_seconds
    if start is not None or interval is None:
        return start
    return to_seconds(stored.captured_at) // interval * interval


class ArchiveGap(SQLModel, table=True):
    """A stretch of slots without a picture, and why: from `start_seconds` on, before `end_seconds` (UTC epoch).

    A camera's gaps overlap neither each other nor the slots of its frames. Adjacent gaps with the same interval and
    reason are one gap.
    """

    __tablename__ = "archive_gap"
    __table_args__ = (UniqueConstraint("camera_key", "start_seconds"),)

    id: int | None = Field(default=None, primary_key=True)
    camera_key: str = Field(max_length=63)
    start_seconds: int = Field(sa_type=BigInteger)
    end_seconds: int = Field(sa_type=BigInteger)
    interval_seconds: int
    reason: str = Field(max_length=40)
    """A `GapReason`, or `camera <state>`."""
    detail: str | None = Field(default=None, max_length=1000)
    """The error in the camera's status when the gap began."""


class ArchiveCamera(SQLModel, table=True):
    """A camera that ever sent a status. It is remembered, so slots missed without any status are gaps too."""

    __tablename__ = "archive_camera"

    key: str = Field(primary_key=True, max_length=63)
    name: str = Field(max_length=200)
    interval_seconds: int
    settled_until: int = Field(sa_type=BigInteger)
    """Every slot before this instant (UTC epoch seconds) has its frame or its gap."""
    heard_at: datetime = Field(sa_type=UtcDateTime)
    watched: bool
    """False once the camera was disabled or removed: then it misses no slots."""


class ArchiveClock(SQLModel, table=True):
    """What is known of the clock of one boot of a computer: a reading that was right (`clock_doubt.py`)."""

    __tablename__ = "archive_clock"

    boot_id: str = Field(primary_key=True, max_length=36, sa_type=AutoString)
    anchor_boot_ns: int = Field(sa_type=BigInteger)
    anchor_utc_ns: int = Field(sa_type=BigInteger)
    noted_at: datetime = Field(sa_type=UtcDateTime)
    """When the clock was last known to be right, by itself."""


class RetentionDay(SQLModel, table=True):
    """How much retention has deleted by age since `began_at`, so that a restart does not begin a new day."""

    __tablename__ = "retention_day"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    began_at: datetime = Field(sa_type=UtcDateTime)
    deleted: int


class ArchiveIdentityRow(SQLModel, table=True):
    """The one row: the id in the marker of the archive's directory. An archive in an object store has none."""

    __tablename__ = "archive_identity"

    id: str = Field(primary_key=True, max_length=64, sa_type=AutoString)


class PendingDeletion(SQLModel, table=True):
    """A file that has to be deleted, because its row was. Inserted in the same transaction that deletes the row.

    Deleted when the file and its thumbnail are gone. So a crash in between brings no deleted picture back.
    """

    __tablename__ = "pending_deletion"

    path: str = Field(primary_key=True, max_length=255, sa_type=AutoString)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the row was deleted; None of one that an earlier version left."""


class DeletedFrame(SQLModel, table=True):
    """A picture that somebody deleted by hand, with its hash. Should its file appear again, it was put back."""

    __tablename__ = "deleted_frame"

    path: str = Field(primary_key=True, max_length=255, sa_type=AutoString)
    sha256: str = Field(max_length=64)
    deleted_at: datetime = Field(sa_type=UtcDateTime)


class CameraChange(SQLModel, table=True):
    """A camera that is being renamed or forgotten, or was: then `ended_at` is there.

    While it lasts, no scan touches the camera's files. Afterwards a report of the camera is ignored unless it was heard
    again: the recorder that waits for it does not know of the change.
    """

    __tablename__ = "camera_change"

    key: str = Field(primary_key=True, max_length=63)
    new_key: str | None = Field(default=None, max_length=63)
    """None: it is forgotten, with all its pictures."""
    begun_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ArchiveMark(SQLModel, table=True):
    """A place that something has got to (`marks.py`)."""

    __tablename__ = "archive_mark"

    name: str = Field(primary_key=True, max_length=80)
    value: int = Field(sa_type=BigInteger)


class ToldRule(SQLModel, table=True):
    """What ingest told of a camera's archive, as it is written there. It stays when the camera is taken out."""

    __tablename__ = "told_rule"

    camera_key: str = Field(primary_key=True, max_length=63, sa_type=AutoString)
    archive_keep: str | None = Field(default=None, max_length=200)
    archive_max_bytes: int = Field(sa_type=BigInteger)
    capture_when: str | None = Field(default=None, max_length=200)
