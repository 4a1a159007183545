"""Which of the found frames a time-lapse shows, how fast and how large. Pure, so an estimate needs no rendering."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.base import timelapse_texts
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
"""A day without a frame this near to the requested time is left out: another hour has another light."""


class NoTimelapseError(FramecastError):
    """Raised when the request can't be met; the message says what to change."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """The little that the selection needs of a frame, because it goes through many."""

    id: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """The frames to show, oldest first, and how many of them per second."""

    frames: Sequence[CapturedFrame]
    fps: Fraction

    @property
    def length_seconds(self) -> float:
        return float(len(self.frames) / self.fps)


def select_frames(found: Sequence[CapturedFrame], request: TimelapseRequest) -> Selection:
    """Choose among all frames of the request's camera and range, given oldest first.

    With a target length, frames are left out evenly; if they are few and no `fps` is requested, each is shown longer.

    Raises:
        NoTimelapseError: when no frame fits, or there are more than the format can hold.
    """
    frames = found if request.daily_at is None else _same_time_daily(found, request.daily_at, request.zone)
    if not frames:
        raise NoTimelapseError(timelapse_texts.NO_FRAME_FITS)
    fps = request.exact_fps or Fraction(DEFAULT_FPS)
    if request.length_seconds is not None:
        length = Fraction(request.length_seconds).limit_denominator(1000)
        if request.fps is None:
            fps = min(max(Fraction(len(frames)) / length, Fraction(LEAST_FPS)), Fraction(DEFAULT_FPS))
            fps = fps.limit_denominator(1000)
        frames = _thinned(frames, max(1, round(fps * length)))
    most = FACTS[request.format].max_frames
    if len(frames) > most:
        raise NoTimelapseError(timelapse_texts.too_many_shown(len(frames), most, request.format))
    return Selection(frames, fps)


def size_of(sizes: Sequence[tuple[int, int]], request: TimelapseRequest) -> tuple[int, int]:
    """The even width and height: as requested, and otherwise by the commonest of the frames' sizes (width, height)."""
    (source_width, source_height), _ = Counter(sizes).most_common(1)[0]
    if request.width is not None and request.height is not None:
        return request.width, request.height
    if request.height is not None:
        return _side(source_width * request.height / source_height), request.height
    width = request.width or _side(min(source_width, DEFAULT_WIDTH))
    return width, _side(source_height * width / source_width)


def _same_time_daily(found: Sequence[CapturedFrame], daily_at: time, zone: ZoneInfo) -> list[CapturedFrame]:
    chosen = []
    for day, frames in groupby(found, key=lambda frame: day_of(frame.captured_at, zone)):
        wanted = at_local(day, daily_at, zone)
        frame = nearest(frames, wanted)
        if abs(frame.captured_at - wanted) <= NEAR_ENOUGH:
            chosen.append(frame)
    return chosen


def _thinned(frames: Sequence[CapturedFrame], count: int) -> Sequence[CapturedFrame]:
    """At most `count` of the frames, evenly spread, with the first and the last."""
    if len(frames) <= count:
        return frames
    if count == 1:
        return frames[:1]
    return [frames[index * (len(frames) - 1) // (count - 1)] for index in range(count)]


def _side(length: float) -> int:
    even = round(length / 2) * 2
    return min(max(even, SMALLEST_SIDE), LARGEST_SIDE)
