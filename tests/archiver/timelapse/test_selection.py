"""Which frames a time-lapse shows, how long it gets and how large: all told before anything is rendered."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.archiver.timelapse.formats import FACTS, OutputFormat
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.selection import CapturedFrame, NoTimelapseError, select_frames, size_of

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def request(**changes: Any) -> TimelapseRequest:
    plain = {"camera": "porch", "from": BEGIN, "to": BEGIN + timedelta(days=60), **changes}
    return TimelapseRequest.model_validate(plain)


def hourly(count: int, begin: datetime = BEGIN) -> list[CapturedFrame]:
    return [CapturedFrame(n, begin + n * HOUR) for n in range(count)]


def test_without_wishes_every_frame_is_shown_at_24_a_second() -> None:
    """A month of hours is half a minute."""
    selection = select_frames(hourly(720), request())
    assert len(selection.frames) == 720
    assert selection.length_seconds == 30


def test_at_another_speed_it_has_another_length() -> None:
    """Half the speed, twice the length."""
    assert select_frames(hourly(720), request(fps=12)).length_seconds == 60


def test_for_a_target_length_frames_are_left_out_evenly_but_neither_the_first_nor_the_last() -> None:
    """So the steps look alike, and the end is seen."""
    selection = select_frames(hourly(1000), request(length_seconds=10))
    assert len(selection.frames) == 240
    assert selection.length_seconds == 10
    assert (selection.frames[0].id, selection.frames[-1].id) == (0, 999)
    steps = {after.id - before.id for before, after in pairwise(selection.frames)}
    assert steps <= {4, 5}


def test_few_frames_are_shown_for_longer_to_reach_the_length() -> None:
    """Thirty pictures in ten seconds are three a second."""
    selection = select_frames(hourly(30), request(length_seconds=10))
    assert selection.fps == 3
    assert selection.length_seconds == 10


def test_a_wanted_speed_wins_over_the_length() -> None:
    """With few frames it ends sooner, and says so beforehand."""
    assert select_frames(hourly(30), request(length_seconds=10, fps=15)).length_seconds == 2


def test_no_picture_is_shown_for_longer_than_a_second() -> None:
    """That would be a slide show."""
    assert select_frames(hourly(3), request(length_seconds=60)).length_seconds == 3


def test_once_a_day_takes_the_frame_nearest_to_the_local_time_also_when_clocks_change() -> None:
    """The same light every day; 25 October 2026 has 25 hours in Berlin."""
    berlin = ZoneInfo("Europe/Berlin")
    selection = select_frames(hourly(24 * 40), request(daily_at="12:00", tz="Europe/Berlin"))
    local = [frame.captured_at.astimezone(berlin) for frame in selection.frames]
    assert {f"{at:%H:%M}" for at in local} == {"12:00"}
    assert len({at.date() for at in local}) == len(local) == 40


def test_a_day_with_no_frame_near_that_time_is_left_out() -> None:
    """An evening among noons would flicker."""
    frames = [frame for frame in hourly(72) if not 34 <= frame.id <= 38]  # around noon of the second day
    selection = select_frames(frames, request(daily_at="12:00"))
    assert [frame.captured_at.day for frame in selection.frames] == [1, 3]


@pytest.mark.parametrize(("found", "changes"), [(0, {}), (3, {"daily_at": "20:00"})])
def test_nothing_to_show_is_said_in_words(found: int, changes: dict[str, Any]) -> None:
    """With what to change."""
    with pytest.raises(NoTimelapseError, match="choose another range"):
        select_frames(hourly(found), request(**changes))


def test_more_frames_than_a_format_takes_are_refused_with_what_helps() -> None:
    """An animated WebP is held in memory by whoever looks at it."""
    many = hourly(FACTS[OutputFormat.WEBP].max_frames + 1)
    with pytest.raises(NoTimelapseError, match="a target length"):
        select_frames(many, request(format="webp"))
    assert select_frames(many, request(format="webp", length_seconds=10)).length_seconds == 10


@pytest.mark.parametrize(
    ("sizes", "changes", "size"),
    [
        ([(1920, 1080)], {}, (1280, 720)),
        ([(640, 360)], {}, (640, 360)),
        ([(1080, 1920)], {}, (1080, 1920)),
        ([(1921, 1081)], {"width": 1920}, (1920, 1080)),
        ([(1920, 1080)], {"height": 480}, (854, 480)),
        ([(1920, 1080)], {"width": 800, "height": 800}, (800, 800)),
        ([(640, 480)] * 2 + [(1920, 1080)], {}, (640, 480)),
    ],
)
def test_the_size_follows_most_of_the_frames(
    sizes: list[tuple[int, int]], changes: dict[str, int], size: tuple[int, int]
) -> None:
    """Even, since video counts colours in pairs of pixels."""
    assert size_of(sizes, request(**changes)) == size


@pytest.mark.parametrize(
    "changes",
    [
        {"to": BEGIN},
        {"fps": 0},
        {"fps": 61},
        {"length_seconds": 0},
        {"width": 641},
        {"width": 8000},
        {"tz": "Europe/Atlantis"},
        {"tz": "../../etc/passwd"},
        {"daily_at": "25:00"},
        {"daily_at": "12:00+02:00"},
        {"camera": "../etc"},
        {"format": "avi"},
        {"from": "2026-10-01T00:00:00"},
        {"speed": 3},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    """Before anything is looked up."""
    with pytest.raises(ValidationError):
        request(**changes)
