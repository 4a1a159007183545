"""Selection: which of the frames found are shown, how fast and how large. Pure, so it can be told beforehand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Final

from services.archiver.base.local_time import at_local, day_of, nearest
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.request import (
    DEFAULT_FPS,
    LARGEST_SIDE,
    LEAST_FPS,
    SMALLEST_SIDE,
    TimelapseRequest,
)
from shared.errors import FramecastError

DEFAULT_WIDTH: Final = 1280
NEAR_ENOUGH: Final = timedelta(hours=1)
"""A day without a frame this near to the wanted time is left out: another hour has another light."""


class NoTimelapseError(FramecastError):
    """Raised when the request can't be met, in words that say what to change."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame as the selection sees it: many of them are looked at."""

    id: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """The frames to show, oldest first, and how many there are for each second."""

    moments: Sequence[Moment]
    fps: Fraction

    @property
    def length_seconds(self) -> float:
        return float(len(self.moments) / self.fps)


def select_frames(found: Sequence[Moment], request: TimelapseRequest) -> Selection:
    """Choose among all frames of the request's camera and range, given oldest first.

    With a target length, frames are left out evenly, or shown for longer where they are few and no `fps` is wanted.

    Raises:
        NoTimelapseError: when none fits, or more than one file can take.
    """
    moments = found if request.daily_at is None else _same_time_daily(found, request)
    if not moments:
        raise NoTimelapseError("No archived frame fits: choose another range, or leave daylight and daily_at away.")
    fps = request.exact_fps or Fraction(DEFAULT_FPS)
    if request.length_seconds is not None:
        length = Fraction(request.length_seconds).limit_denominator(1000)
        if request.fps is None:
            fps = min(max(Fraction(len(moments)) / length, Fraction(LEAST_FPS)), Fraction(DEFAULT_FPS))
            fps = fps.limit_denominator(1000)
        moments = _thinned(moments, max(1, round(fps * length)))
    most = FACTS[request.format].max_frames
    if len(moments) > most:
        raise NoTimelapseError(
            f"{len(moments)} frames are more than the {most} that the format '{request.format}' takes: choose fewer "
            "days, a daily time, or a target length."
        )
    return Selection(moments, fps)


def size_of(sizes: Sequence[tuple[int, int]], request: TimelapseRequest) -> tuple[int, int]:
    """Width and height, even: what is asked for, the rest as most of the frames (width, height) are shaped."""
    (source_width, source_height), _ = Counter(sizes).most_common(1)[0]
    if request.width is not None and request.height is not None:
        return request.width, request.height
    if request.height is not None:
        return _side(source_width * request.height / source_height), request.height
    width = request.width or _side(min(source_width, DEFAULT_WIDTH))
    return width, _side(source_height * width / source_width)


def _same_time_daily(found: Sequence[Moment], request: TimelapseRequest) -> list[Moment]:
    assert request.daily_at is not None  # noqa: S101 the caller looked
    chosen = []
    for day, moments in groupby(found, key=lambda moment: day_of(moment.captured_at, request.zone)):
        wanted = at_local(day, request.daily_at, request.zone)
        moment = nearest(moments, wanted)
        if abs(moment.captured_at - wanted) <= NEAR_ENOUGH:
            chosen.append(moment)
    return chosen


def _thinned(moments: Sequence[Moment], count: int) -> Sequence[Moment]:
    """So many of them, evenly, with the first and the last; all where there are no more."""
    if len(moments) <= count:
        return moments
    if count == 1:
        return moments[:1]
    return [moments[index * (len(moments) - 1) // (count - 1)] for index in range(count)]


def _side(length: float) -> int:
    even = round(length / 2) * 2
    return min(max(even, SMALLEST_SIDE), LARGEST_SIDE)
