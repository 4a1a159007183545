"""What the archiver can stand in 1 GB: hostile files at its start, and large pictures that come together."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from services.archiver.files.paths import BROKEN_SUFFIX, THUMBNAIL_SUFFIX
from services.archiver.files.picture_memory import MEMORY_BYTES
from services.archiver.files.webp import JPEG_BYTES_PER_PIXEL, PLAIN_BYTES_PER_PIXEL
from shared.bus.zmtp import GREETING
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.hostile_files import fill, hostile_files
from tests.archiver.limited_archiver import MEMORY_LIMIT
from tests.archiver.support import MONTH_SECONDS, jpeg_of
from tests.archiver.test_service import ROOT, environment, ready
from tests.shared.bus.test_zmtp import XPUB_READY
from tests.support.connections import each_connection
from tests.support.waiting import wait_until

EIGHT_K = (7680, 4320)


class Archiver:
    """A running one, with its process."""

    def __init__(self, process: subprocess.Popen[str], port: str) -> None:
        self.process = process
        self._api = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> dict[str, object]:
        answer = httpx2.get(self._api + path, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    def has_database(self) -> bool:
        """A new one takes a moment to be made."""
        return httpx2.get(self._api + "/api/camera/frames", timeout=30).status_code == 200

    def frames(self) -> list[dict[str, object]]:
        found = self.get("/api/camera/frames")["frames"]
        assert isinstance(found, list)
        return found

    def wait_for_frames(self, count: int) -> None:
        wait_until(lambda: len(self.frames()) == count, f"{count} frames are archived", 60)

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@contextmanager
def limited_archiver(root: Path, **settings: str) -> Iterator[Archiver]:
    env = environment(root) | settings
    command = [sys.executable, "-m", "tests.archiver.limited_archiver"]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: process.poll() is not None or ready(env), "it is ready", 60)
            archiver = Archiver(process, env["ARCHIVER_PORT"])
            wait_until(lambda: process.poll() is not None or archiver.has_database(), "its database is made", 20)
            yield archiver
            assert process.poll() is None, "it has ended"
        finally:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return hostile_files()


def test_no_file_in_the_archive_keeps_the_archiver_from_starting(tmp_path: Path, hostile: dict[str, bytes]) -> None:
    """One of 114 KB once ended it at every start, until somebody deleted it by hand. The whole ones are kept."""
    good = fill(tmp_path / "frames", hostile)
    for _ in range(2):
        with limited_archiver(tmp_path) as archiver:
            archiver.wait_for_frames(len(good))
            assert archiver.peak_bytes() < MEMORY_LIMIT
    files = [path for path in (tmp_path / "frames").rglob("*.*") if not path.name.endswith(THUMBNAIL_SUFFIX)]
    assert len(files) == len(good) + len(hostile), "nothing is deleted"
    assert all((tmp_path / "frames" / path).is_file() for path in good)


def test_what_is_set_aside_is_said_where_an_operator_looks(tmp_path: Path, hostile: dict[str, bytes]) -> None:
    """By its name and the setting that would let it in."""
    fill(tmp_path / "frames", {"8000 x 8000": hostile["8000 x 8000"]}, good=0)
    with limited_archiver(tmp_path) as archiver:
        said = wait_until(
            lambda: [text for text in map(str, archiver.get("/readyz")["problems"]) if "set aside" in text]  # type: ignore[call-overload]
        )
    (aside,) = (tmp_path / "frames").rglob(f"*{BROKEN_SUFFIX}")
    assert aside.name.removesuffix(BROKEN_SUFFIX) in said[0]
    assert "8000 x 8000" in said[0]
    assert "PICTURE_MAX_PIXELS is 40000000" in said[0]


def test_four_8k_captures_at_once_fit_into_a_container(tmp_path: Path) -> None:
    """They took 1.6 GB. Each waits for its turn in memory, and each is kept."""
    from PIL import Image  # noqa: PLC0415 this test's alone

    jpeg = jpeg_of(Image.new("RGB", EIGHT_K, (90, 60, 30)), progressive=True)
    cameras = [ScriptedCamera([jpeg], key=f"camera_{number}", interval_seconds=MONTH_SECONDS) for number in range(4)]
    with ScriptedBus(f"ipc://{tmp_path}/bus", cameras).running(), limited_archiver(tmp_path) as archiver:
        archiver.wait_for_frames(len(cameras))
        assert archiver.peak_bytes() < MEMORY_LIMIT


MOST_OF_A_MESSAGE = 200 * 1024 * 1024


def test_a_message_without_end_on_the_bus_is_cut(tmp_path: Path) -> None:
    """libzmq keeps all its parts: half a gigabyte in 45 s, which was never given back."""
    connections = 0

    def serve(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        connection.sendall(GREETING + XPUB_READY)
        for _ in range(100):
            connection.sendall(b"\1\1f" * 100_000)

    with each_connection(serve) as port, limited_archiver(tmp_path, BUS_CONNECT=f"tcp://127.0.0.1:{port}") as archiver:
        wait_until(lambda: connections > 3, "the connection was cut and made again", 60)
        assert archiver.peak_bytes() < MOST_OF_A_MESSAGE


def test_one_8k_picture_at_a_time_has_room() -> None:
    """And never two."""
    pixels = EIGHT_K[0] * EIGHT_K[1]
    for per_pixel in (JPEG_BYTES_PER_PIXEL, PLAIN_BYTES_PER_PIXEL):
        assert pixels * per_pixel < MEMORY_BYTES < 2 * pixels * per_pixel
