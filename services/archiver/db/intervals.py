"""Arithmetic of stretches of time without a picture, and their reasons. Pure; times are UTC epoch seconds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class GapReason(StrEnum):
    """Why a slot has no picture. There is also `camera <state>`, with the state of the camera's status."""

    ARCHIVER_DOWN = "archiver down"
    """No archiver ran, or its machine slept."""
    INGEST_UNREACHABLE = "ingest unreachable"
    NOT_REPORTED = "camera not reported"
    """Ingest sent statuses, but none of this camera."""
    NO_FRESH_PICTURE = "no fresh picture"
    """The camera's status was good, but no live picture came."""
    PICTURE_DAMAGED = "picture damaged"
    PICTURE_NOT_ENCODABLE = "picture not encodable"
    DISK_FULL = "disk full"
    STORAGE_UNAVAILABLE = "storage unavailable"
    DISK_NOT_MOUNTED = "the disk is not mounted"
    """Or another one is in its place. Nothing was written."""
    DELETED = "deleted"
    """There was a picture, and somebody deleted it."""
    LOST = "lost"
    """There was a picture, its file is gone, and somebody had the row taken out."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """From `start` on, before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots that an archiver covered from begin to end without getting a picture, and why."""

    stretch: Stretch
    reason: str
    detail: str | None = None

    def joined(self, other: Self) -> "Missed | None":
        """Both as one, if the other begins where this one ends and has the same reason; else None."""
        if other.stretch.start != self.stretch.end or other.reason != self.reason:
            return None
        return Missed(Stretch(self.stretch.start, other.stretch.end), self.reason, self.detail)


def joined(missed: Sequence[Missed], more: Sequence[Missed]) -> tuple[Missed, ...]:
    """Both lists in one, with neighbours of the same reason as one: an outage takes one entry however long it is."""
    result = list(missed)
    for each in more:
        one = result[-1].joined(each) if result else None
        if one is None:
            result.append(each)
        else:
            result[-1] = one
    return tuple(result)


_UNEXPLAINED: Final = GapReason.ARCHIVER_DOWN.value


def holes(whole: Stretch, taken: Iterable[Stretch]) -> Iterator[Stretch]:
    """The parts of the whole that nothing in `taken` covers. `taken` is sorted by start and may overlap."""
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
    """The hole in pieces, each with its reason; a piece that no report explains had no archiver running."""
    at = hole.start
    for each in sorted(missed, key=lambda each: each.stretch):
        start, end = max(each.stretch.start, at), min(each.stretch.end, hole.end)
        if start >= end:
            continue
        if start > at:
            yield Missed(Stretch(at, start), _UNEXPLAINED)
        yield Missed(Stretch(start, end), each.reason, each.detail)
        at = end
    if at < hole.end:
        yield Missed(Stretch(at, hole.end), _UNEXPLAINED)
