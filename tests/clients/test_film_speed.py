"""Films that FFmpeg makes by the lines of docs/clients.md last as long as what they show.

MJPEG has no times, and FFmpeg takes 25 pictures a second for granted. The camera here shows ten: without its option a
film would last two fifths of what it shows.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clients.moving import LEVELS, PERIOD_SECONDS, MovingStream, level_of
from tests.clients.programs import Program, own_directory

pytestmark = pytest.mark.clients("ffmpeg", "ffmpeg")
DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
FILM = "minute.mp4"
SECONDS = 5


@pytest.fixture
def home() -> Iterator[Path]:
    with own_directory() as directory:
        yield directory


def line_of_the_document(beginning: str) -> str:
    found = re.search(rf"^ *{re.escape(beginning)}(.+)$", DOCUMENT.read_text(), re.MULTILINE)
    assert found, f"docs/clients.md has no line {beginning}…"
    return found[1]


def recipe_of_ffmpeg(stream: MovingStream) -> list[str]:
    given = shlex.split(line_of_the_document("ffmpeg "))
    assert given[-3:] == ["-t", "60", FILM]
    return [stream.url if word.startswith("http") else word for word in given[:-3]]


def recipe_of_go2rtc(stream: MovingStream) -> list[str]:
    """go2rtc and Frigate run FFmpeg with this template."""
    assert "#input=clock" in line_of_the_document("garden: ffmpeg:")
    return shlex.split(line_of_the_document("clock: ").format(input=stream.url))


@pytest.mark.parametrize("recipe", [recipe_of_ffmpeg, recipe_of_go2rtc], ids=["ffmpeg", "go2rtc"])
def test_a_film_lasts_as_long_as_what_it_shows(
    recipe: Callable[[MovingStream], list[str]], stream: MovingStream, home: Path
) -> None:
    command = ["ffmpeg", "-nostdin", "-loglevel", "warning", *recipe(stream), "-t", str(SECONDS), FILM]
    with Program(*command, home=home) as ffmpeg:
        assert ffmpeg.stdout.read() == b""  # until it has ended
    film_seconds, shown_seconds = lengths(home / FILM)
    assert 0.8 < film_seconds / shown_seconds < 1.25
    assert film_seconds > SECONDS / 2


def lengths(film: Path) -> tuple[float, float]:
    """How long it plays, and how long the camera took to show it: its gray changes once a period."""
    with av.open(str(film)) as container:
        pictures = [
            (frame.time, level_of(frame.to_ndarray(format="gray").astype(np.uint8)))
            for frame in container.decode(video=0)
        ]
    shown = [LEVELS.index(level) for _, level in pictures]
    periods = sum((after - before) % len(LEVELS) for before, after in pairwise(shown))
    return pictures[-1][0] - pictures[0][0], periods * PERIOD_SECONDS
