"""The lines of docs/clients.md work in the real programs, also with a password."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.moving import MovingStream, assert_it_moves, level_of, moving_stream
from tests.clients.programs import Program, own_directory
from tests.clients.test_programs import pictures_in, raw_levels
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients
PASSWORD = "long-enough"  # noqa: S105 the test's own


@pytest.fixture(scope="module")
def stream() -> Iterator[MovingStream]:
    with moving_stream({"viewer_password": PASSWORD, "compatibility_urls": True}) as running:
        yield running


@pytest.fixture
def home() -> Iterator[Path]:
    with own_directory() as directory:
        yield directory


def with_password(url: str) -> str:
    return url.replace("http://", f"http://viewer:{PASSWORD}@")


@pytest.mark.clients("vlc", "vlc-bin", "vlc-plugin-base")
def test_vlc_takes_the_password_in_the_address(stream: MovingStream, home: Path) -> None:
    """As people type it into its network dialog."""
    scene = ["--video-filter=scene", "--scene-format=png", "--scene-ratio=3", f"--scene-path={home}"]
    command = ["cvlc", "-v", "--vout=dummy", "--no-audio", "--network-caching=300", *scene, with_password(stream.url)]
    with Program(*command, home=home, unprivileged=True):
        wait_until(lambda: len({level_of(p) for p in pictures_in(home, "scene*.png")}) > 1, "it moves", 20)


@pytest.mark.clients("ffmpeg", "ffmpeg")
@pytest.mark.parametrize("path", ["/api/camera/stream", "/?action=stream", "/stream", "/cam.mjpg"])
def test_ffmpeg_takes_it_too_and_so_frigate_does(stream: MovingStream, home: Path, path: str) -> None:
    """By our address and by those of other servers."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "warning", "-i", with_password(stream.origin + path)]
    with Program(*command, "-f", "rawvideo", "-pix_fmt", "gray", "-", home=home) as ffmpeg:
        assert_it_moves(raw_levels(ffmpeg))


@pytest.mark.clients("curl", "curl")
def test_curl_saves_a_snapshot_with_user_and_password(stream: MovingStream) -> None:
    """The still picture of Home Assistant, OctoPrint and scripts."""
    command = ["curl", "--silent", "--fail", "--user", f"viewer:{PASSWORD}", f"{stream.origin}/api/camera/snapshot"]
    assert subprocess.run(command, capture_output=True, check=True, timeout=20).stdout.startswith(b"\xff\xd8")
