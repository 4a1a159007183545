"""Gaps: arithmetic of stretches of time without a picture. Pure, in UTC epoch seconds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class GapReason(StrEnum):
    """Why a slot has no picture. Besides these there is `camera <state>`, by the words of its status."""

    ARCHIVER_DOWN = "archiver down"
    """No archiver ran, or its machine slept, or its clock was set ahead."""
    INGEST_UNREACHABLE = "ingest unreachable"
    NOT_REPORTED = "camera not reported"
    """Ingest spoke, but not of this camera."""
    NO_FRESH_PICTURE = "no fresh picture"
    """The camera was said to deliver, but no live picture came."""
    PICTURE_DAMAGED = "picture damaged"
    PICTURE_NOT_ENCODABLE = "picture not encodable"
    DISK_FULL = "disk full"
    STORAGE_UNAVAILABLE = "storage unavailable"
    DELETED = "deleted"
    """There was one, and somebody deleted it."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Half-open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots that an archiver watched from begin to end without getting a picture, and why."""

    stretch: Stretch
    reason: str
    detail: str | None = None

    def joined(self, other: Self) -> "Missed | None":
        """Both as one, if the other follows at once for the same reason."""
        if other.stretch.start != self.stretch.end or other.reason != self.reason:
            return None
        return Missed(Stretch(self.stretch.start, other.stretch.end), self.reason, self.detail)


_NOBODY_WATCHED: Final = GapReason.ARCHIVER_DOWN.value


def holes(whole: Stretch, taken: Iterable[Stretch]) -> Iterator[Stretch]:
    """What of the whole nothing covers. `taken` is in order of its starts, and may overlap."""
    at = whole.start
    for stretch in taken:
        if stretch.start > at:
            yield Stretch(at, min(stretch.start, whole.end))
        at = max(at, stretch.end)
        if at >= whole.end:
            return
    if at < whole.end:
        yield Stretch(at, whole.end)


def explained(hole: Stretch, missed: Iterable[Missed]) -> Iterator[Missed]:
    """The hole in pieces, each with its reason; where nobody watched, no archiver was there."""
    at = hole.start
    for each in sorted(missed, key=lambda each: each.stretch):
        start, end = max(each.stretch.start, at), min(each.stretch.end, hole.end)
        if start >= end:
            continue
        if start > at:
            yield Missed(Stretch(at, start), _NOBODY_WATCHED)
        yield Missed(Stretch(start, end), each.reason, each.detail)
        at = end
    if at < hole.end:
        yield Missed(Stretch(at, hole.end), _NOBODY_WATCHED)
