"""Which frames are meant: a query, the cursor to its next page, and both as SQL conditions. Reads no database."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from sqlalchemy import ColumnElement, Integer, and_, func, or_, tuple_
from sqlmodel import col

from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import SameHour, Window
from services.archiver.db.models import ArchivedFrame, UtcDateTime

MAX_ID: Final = 2**31 - 1
DAYLIGHT_BRIGHTNESS: Final = 40.0
"""The mean luma (0 to 255) from which a picture shows something: dusk is above, a dark room or covered lens below."""
FILE_BYTES: Final = col(ArchivedFrame.bytes) + func.coalesce(ArchivedFrame.thumbnail_bytes, 0)
"""The size of a frame's file with its thumbnail."""
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A row's place in the newest-first order. As text it is opaque to clients."""

    captured_at: datetime
    id: int

    def encode(self) -> str:
        """The cursor as text for an address: URL-safe base64."""
        microseconds = (self.captured_at - EPOCH) // MICROSECOND
        return base64.urlsafe_b64encode(f"{microseconds}.{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read the text back. Raises ValueError when it is no cursor."""
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            microseconds, _, row_id = plain.partition(".")
            cursor = cls(EPOCH + timedelta(microseconds=int(microseconds)), int(row_id))
        except (binascii.Error, UnicodeError, OverflowError) as error:
            raise ValueError(text) from error
        if not 0 <= cursor.id <= MAX_ID:
            raise ValueError(text)
        return cursor


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """Which rows: captured at `since` or later and before `until`, after the cursor's row in the chosen order."""

    camera_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None
    limit: int = 50
    daylight: bool = False
    """Only pictures with a brightness of `DAYLIGHT_BRIGHTNESS` or more."""
    same_hour: SameHour | None = None
    oldest_first: bool = False
    doubtful: bool = False
    """Only the frames whose time is in doubt, which every other query leaves out."""


def conditions_of(query: FrameQuery) -> list[ColumnElement[bool]]:
    """All conditions of the query but `same_hour`, which needs windows (see `within`)."""
    return list(_each_condition(query))


def within(windows: Iterable[Window]) -> ColumnElement[bool]:
    """Captured in one of these stretches of time."""
    captured_at = col(ArchivedFrame.captured_at)
    return or_(*(and_(captured_at >= begin, captured_at < end) for begin, end in windows))


def _each_condition(query: FrameQuery) -> Iterator[ColumnElement[bool]]:
    captured_at = col(ArchivedFrame.captured_at)
    yield col(ArchivedFrame.doubtful).is_(query.doubtful)
    if query.camera_key is not None:
        yield col(ArchivedFrame.camera_key) == query.camera_key
    if query.since is not None:
        yield captured_at >= query.since
    if query.until is not None:
        yield captured_at < query.until
    if query.daylight:
        yield col(ArchivedFrame.brightness) >= DAYLIGHT_BRIGHTNESS
    if query.after is not None:
        own = tuple_(captured_at, col(ArchivedFrame.id))
        place = tuple_(query.after.captured_at, query.after.id, types=[UtcDateTime(), Integer()])
        yield own > place if query.oldest_first else own < place
