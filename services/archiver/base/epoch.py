"""Instants: from epoch numbers, as the bus and the slots have them, to aware UTC datetimes. Pure and exact."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def from_ns(utc_ns: int) -> datetime:
    """Exact to the microsecond, which is what the database and the picture's EXIF keep."""
    return EPOCH + timedelta(microseconds=utc_ns // 1000)


def from_seconds(utc_seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=utc_seconds)


def to_seconds(instant: datetime) -> int:
    """The whole epoch second that it falls into."""
    return (instant - EPOCH) // timedelta(seconds=1)
