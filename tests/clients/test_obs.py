"""OBS records the stream by its form in docs/clients.md, and what it records goes by the camera's clock.

At ten pictures a second OBS also keeps the speed without its option. The test shows that the form is right.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from tests.clients.document import fields
from tests.clients.moving import HEIGHT, WIDTH, MovingStream
from tests.clients.programs import Program, own_directory
from tests.clients.readers import opened, parts_as_go2rtc_reads_them
from tests.clients.test_film_speed import lengths
from tests.support.figures import note
from tests.support.waiting import wait_until

PICTURES: Final = 150
"""Fifteen seconds of the camera's."""
PROFILE: Final = f"""
[General]
Name=Untitled
[Output]
Mode=Simple
[SimpleOutput]
FilePath={{home}}
RecFormat=mkv
RecQuality=Small
RecEncoder=x264
[Video]
BaseCX={WIDTH}
BaseCY={HEIGHT}
OutputCX={WIDTH}
OutputCY={HEIGHT}
FPSCommon=30
"""
FIRST_RUN_IS_OVER: Final = "[General]\nFirstRun=true\nEnableAutoUpdates=false\n"


@contextmanager
def display(home: Path) -> Iterator[str]:
    """A screen that nobody sees."""
    with Program("Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp", home=home) as xvfb:
        yield f":{xvfb.stdout.readline().decode().strip()}"


def set_up(home: Path, stream: MovingStream) -> None:
    """One scene with the one source, as a user makes it; the form's labels are those of OBS's settings."""
    form = fields("OBS", stream)
    settings = {"is_local_file": False, "input": form["Input"], "ffmpeg_options": form["FFmpeg Options"]}
    source = {"id": "ffmpeg_source", "name": "garden", "settings": settings}
    scene = {"id": "scene", "name": "Scene", "settings": {"items": [{"name": "garden", "id": 1, "visible": True}]}}
    scenes = {"name": "Untitled", "current_scene": "Scene", "sources": [source, scene]}
    folder = home / ".config" / "obs-studio"
    for path, text in (
        ("global.ini", FIRST_RUN_IS_OVER),
        ("basic/profiles/Untitled/basic.ini", PROFILE.format(home=home)),
        ("basic/scenes/Untitled.json", json.dumps(scenes)),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


@pytest.mark.clients("obs", "obs-studio", "xvfb")
def test_obs_records_the_camera_at_its_own_speed(stream: MovingStream) -> None:
    """Its quitting would ask whether it may, so it is killed. What writes its film is a process of its own, which then
    ends by itself.
    """
    with own_directory() as home, display(home) as screen:
        set_up(home, stream)
        with Program("env", f"DISPLAY={screen}", "obs", "--multi", "--startrecording", home=home) as obs:
            assert any(b"Recording Start" in line for line in obs.stdout), "OBS ended before it recorded"
            with opened(stream) as camera:
                assert len(list(islice(parts_as_go2rtc_reads_them(camera), PICTURES))) == PICTURES
        wait_until(lambda: not is_writing(home), "the film is written", 20)
        (film,) = home.glob("*.mkv")
        film_seconds, shown_seconds = lengths(film)
    note("film by OBS: its length over what it shows", film_seconds / shown_seconds)
    assert film_seconds > 3
    assert 0.8 < film_seconds / shown_seconds < 1.25


def is_writing(home: Path) -> bool:
    """Whether a process has a file of this directory in its command."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if b"obs-ffmpeg-mux" in (words := command.read_bytes()) and str(home).encode() in words:
                return True
    return False
