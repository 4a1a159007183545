"""Conversions between epoch numbers, which the bus and the slots use, and aware UTC datetimes. Pure and exact."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def from_ns(utc_ns: int) -> datetime:
    """The datetime of an epoch time in nanoseconds, rounded down to the microsecond.

    The database and the picture's EXIF keep no finer time.
    """
    return EPOCH + timedelta(microseconds=utc_ns // 1000)


def from_seconds(utc_seconds: int) -> datetime:
    """The datetime of an epoch time in seconds."""
    return EPOCH + timedelta(seconds=utc_seconds)


def to_seconds(instant: datetime) -> int:
    """The epoch time in whole seconds, rounded down."""
    return (instant - EPOCH) // timedelta(seconds=1)
