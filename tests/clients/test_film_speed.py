"""Films that FFmpeg makes by the lines of docs/clients.md last as long as what they show.

MJPEG has no times, and FFmpeg takes 25 pictures a second for granted. The camera here shows ten: without its option a
film would last two fifths of what it shows.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import dropwhile, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clients.document import block, fields
from tests.clients.moving import LEVELS, PERIOD_SECONDS, MovingStream, level_of
from tests.clients.programs import Program, own_directory
from tests.support.figures import note

pytestmark = pytest.mark.clients("ffmpeg", "ffmpeg")
FILM = "minute.mp4"
SECONDS = 5


@pytest.fixture
def home() -> Iterator[Path]:
    with own_directory() as directory:
        yield directory


def recipe_of_ffmpeg(stream: MovingStream) -> list[str]:
    program, *given = shlex.split(block("FFmpeg", stream))
    assert program == "ffmpeg"
    assert given[-3:] == ["-t", "60", FILM]
    return given[:-3]


def recipe_of_go2rtc(stream: MovingStream) -> list[str]:
    """go2rtc runs FFmpeg with this template."""
    found = re.fullmatch(
        r"ffmpeg:\n  clock: (.+)\nstreams:\n  garden: ffmpeg:(.+)#input=clock#.+\n", block("go2rtc", stream)
    )
    assert found
    return shlex.split(found[1].format(input=found[2]))


def recipe_of_frigate(stream: MovingStream) -> list[str]:
    """Frigate runs FFmpeg with these arguments before the address."""
    given = block("Frigate", stream)
    path, arguments = (re.search(rf"{key}: (.+)", given) for key in ("path", "input_args"))
    assert path
    assert arguments
    return [*shlex.split(arguments[1]), "-i", path[1]]


def recipe_of_obs(stream: MovingStream) -> list[str]:
    """OBS gives these options to FFmpeg's libraries."""
    given = fields("OBS", stream)
    name, _, value = given["FFmpeg Options"].partition("=")
    return [f"-{name}", value, "-i", given["Input"]]


@pytest.mark.parametrize(
    "recipe",
    [recipe_of_ffmpeg, recipe_of_go2rtc, recipe_of_frigate, recipe_of_obs],
    ids=["ffmpeg", "go2rtc", "frigate", "obs"],
)
def test_a_film_lasts_as_long_as_what_it_shows(
    recipe: Callable[[MovingStream], list[str]], stream: MovingStream, home: Path
) -> None:
    command = ["ffmpeg", "-nostdin", "-loglevel", "warning", *recipe(stream), "-t", str(SECONDS), FILM]
    with Program(*command, home=home) as ffmpeg:
        assert ffmpeg.stdout.read() == b""  # until it has ended
    film_seconds, shown_seconds = lengths(home / FILM)
    note(f"film by {recipe.__name__}: its length over what it shows", film_seconds / shown_seconds)
    assert 0.8 < film_seconds / shown_seconds < 1.25
    assert film_seconds > SECONDS / 2


def lengths(film: Path) -> tuple[float, float]:
    """How long it plays, and how long the camera took to show it: its gray changes once a period.

    It may begin with black, before the first picture has come.
    """
    with av.open(str(film)) as container:
        grays = ((frame.time, frame.to_ndarray(format="gray").astype(np.uint8)) for frame in container.decode(video=0))
        shown_grays = dropwhile(lambda timed: timed[1].mean() < LEVELS[0] / 2, grays)
        pictures = [(seconds, level_of(gray)) for seconds, gray in shown_grays]
    shown = [LEVELS.index(level) for _, level in pictures]
    periods = sum((after - before) % len(LEVELS) for before, after in pairwise(shown))
    return pictures[-1][0] - pictures[0][0], periods * PERIOD_SECONDS
