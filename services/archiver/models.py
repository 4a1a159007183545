"""The tables. Owns their columns, names and indexes; `migrations/` brings a database to the same shape."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Index, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

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


class ArchivedFrame(SQLModel, table=True):
    """One archived picture. `path` is relative to the archive directory; `bytes` and `sha256` are its file's."""

    __tablename__ = "archived_frame"
    __table_args__ = (
        UniqueConstraint("camera_key", "slot_start"),
        Index(None, "camera_key", "captured_at", "id"),
        Index(None, "captured_at", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    camera_key: str = Field(max_length=63)
    slot_start: int = Field(sa_type=BigInteger)
    """Epoch seconds."""
    interval_seconds: int
    captured_at: datetime = Field(sa_type=UtcDateTime)
    path: str = Field(max_length=255)
    width: int
    height: int
    bytes: int
    sha256: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
