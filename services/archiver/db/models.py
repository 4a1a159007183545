"""The tables. Owns their columns, names and indexes; `migrations/` brings a database to the same shape."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Index, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, Field, SQLModel

# Every constraint gets a name that can be foretold, without which SQLite could never be migrated.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, to the microsecond. SQLite forgets offsets, so what goes in is made UTC and comes out as UTC.

    A datetime without an offset is refused: nobody knows which instant it is.
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
        assert isinstance(value, datetime)  # noqa: S101 what DateTime gives
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FrameKind(StrEnum):
    """Why a frame was captured."""

    SLOT = "slot"
    """It is its slot's."""
    MANUAL = "manual"
    """Somebody asked for it; it belongs to no slot."""


class ArchivedFrame(SQLModel, table=True):
    """One archived picture. `path` is relative to the archive; `bytes` and `sha256` are its file's.

    `slot_start` (epoch seconds) and `interval_seconds` are None for a frame of kind `manual`. What is measured on the
    picture is None until it has been: in rows that the first version wrote, for a while after the upgrade.
    """

    __tablename__ = "archived_frame"
    __table_args__ = (
        UniqueConstraint("camera_key", "slot_start"),
        UniqueConstraint("path"),
        Index(None, "camera_key", "captured_at", "id"),
        Index(None, "captured_at", "id"),
        # An id is never given out again, so that no client deletes or shows another picture than it means.
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
    """Size of the thumbnail's file, whose path is `layout.thumbnail_path_of(path)`."""
    brightness: float | None = None
    """Mean of the picture's luma, from 0 (black) to 255."""
    perceptual_hash: str | None = Field(default=None, max_length=16)
    """64 bits in hexadecimal: pictures that look alike differ in few of them (`measures.py`)."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class ArchiveGap(SQLModel, table=True):
    """A stretch of slots without a picture, and why: from `start_seconds` on, before `end_seconds` (UTC epoch).

    The gaps of a camera overlap neither each other nor the slots of its frames; gaps that touch and have the same
    interval and reason are one.
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
    """What the camera's status said of it when the gap began."""


class ArchiveCamera(SQLModel, table=True):
    """A camera that was ever heard of, remembered so that a slot missed while nobody speaks of it is a gap too."""

    __tablename__ = "archive_camera"

    key: str = Field(primary_key=True, max_length=63)
    name: str = Field(max_length=200)
    interval_seconds: int
    settled_until: int = Field(sa_type=BigInteger)
    """Every slot before this instant (UTC epoch seconds) has its frame or its gap."""
    heard_at: datetime = Field(sa_type=UtcDateTime)
    watched: bool
    """False once it was disabled or removed: no slot of it is missing then."""


class PendingDeletion(SQLModel, table=True):
    """A file whose row is gone and which is to go as well: entered together with the row's deletion, taken out when
    the file and its thumbnail are deleted. So a crash in between brings no deleted picture back.
    """

    __tablename__ = "pending_deletion"

    path: str = Field(primary_key=True, max_length=255, sa_type=AutoString)
