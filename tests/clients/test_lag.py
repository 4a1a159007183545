"""Players run by the lines of docs/clients.md do not fall behind.

MJPEG has no times. A player that takes 25 pictures a second for granted falls behind a camera with 30 for as long as it
plays, and never catches up.
"""

import json
import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import pytest

from shared.bus.frames import Frame
from tests.clients.document import block
from tests.clients.moving import HEIGHT, LEVELS, MOVING, WIDTH, MovingStream, level_of
from tests.clients.programs import Program, own_directory
from tests.support.bus import FakeIngest, fake_ingest, jpeg_picture
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients
PERIOD_SECONDS: Final = 1 / 30
PLAYED: Final = 240
"""Pictures before the first look: eight seconds, in which a player may fall behind by a second and a half."""


class QuickCamera(threading.Thread):
    """Sends 30 pictures a second. A signal changes their gray; `sent` counts them."""

    def __init__(self, ingest: FakeIngest) -> None:
        super().__init__()
        self._ingest = ingest
        self._over = threading.Event()
        self.level = LEVELS[0]
        self.sent = 0

    def signal(self) -> None:
        self.level = LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)]

    def run(self) -> None:
        jpegs = {level: jpeg_picture(level, WIDTH, HEIGHT) for level in LEVELS}
        begun = time.monotonic()
        for self.sent in count(1):
            if self._over.wait(max(0.0, begun + self.sent * PERIOD_SECONDS - time.monotonic())):
                return
            jpeg = jpegs[self.level]
            self._ingest.show(Frame("cam1", "main", self.sent, time.time_ns(), WIDTH, HEIGHT, live=True, jpeg=jpeg))

    def stop(self) -> None:
        self._over.set()
        self.join(5)


@pytest.fixture
def home() -> Iterator[Path]:
    with own_directory() as directory:
        yield directory


@pytest.fixture
def camera(bus: str) -> Iterator[tuple[QuickCamera, MovingStream]]:
    status = MOVING.model_copy(update={"fps": 30.0})
    with fake_ingest(bus, status) as ingest, running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        camera = QuickCamera(ingest)
        camera.start()
        yield camera, MovingStream(replica.port)
        camera.stop()


def assert_it_keeps_up(camera: QuickCamera, shown: Callable[[], int | None], behind: int) -> None:
    """After a while of playing it shows a signal before `behind` pictures more have been sent.

    A busy machine may delay one signal, but not each of them.
    """
    wait_until(lambda: shown() == camera.level, "it plays", 20)
    begun = camera.sent
    wait_until(lambda: camera.sent > begun + PLAYED, "it has played for a while", 20)

    def soon() -> bool:
        camera.signal()
        at = camera.sent
        wait_until(lambda: shown() == camera.level, "the signal is shown")
        return camera.sent - at < behind

    assert any(soon() for _ in range(4))


@pytest.mark.clients("mpv", "mpv")
def test_mpv_keeps_up_with_30_pictures_a_second(camera: tuple[QuickCamera, MovingStream], home: Path) -> None:
    """Without a window: what it shows is asked of it, as one picture. Without its options it is 36 pictures behind from
    the start, and more with each second.
    """
    quick, stream = camera
    program, *given = shlex.split(block("mpv", stream))
    door = home / "door"
    with Program(program, "--no-config", "--vo=null", f"--input-ipc-server={door}", *given, home=home):
        wait_until(door.exists, "mpv listens", 20)
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(door))
            answers = asked.makefile("r")

            def shown() -> int | None:
                picture = home / "shown.png"
                request = {"command": ["screenshot-to-file", str(picture), "video"], "request_id": 7}
                asked.sendall(json.dumps(request).encode() + b"\n")
                answer = next(line for line in map(json.loads, answers) if line.get("request_id") == 7)
                return level_in(picture) if answer["error"] == "success" else None

            assert_it_keeps_up(quick, shown, behind=30)


@pytest.mark.clients("cvlc", "vlc-bin", "vlc-plugin-base")
def test_vlc_keeps_up_with_30_pictures_a_second(camera: tuple[QuickCamera, MovingStream], home: Path) -> None:
    """It is 33 behind, and stays so. Its scene filter saves each third picture as the same file."""
    quick, stream = camera
    program, *given = shlex.split(block("VLC", stream))
    scene = ["--video-filter=scene", "--scene-format=png", "--scene-ratio=3", "--scene-replace", f"--scene-path={home}"]
    with Program(f"c{program}", "--vout=dummy", "--no-audio", *scene, *given, home=home, unprivileged=True):
        assert_it_keeps_up(quick, lambda: level_in(home / "scene.png"), behind=54)


def level_in(file: Path) -> int | None:
    """The gray of a picture in a file; None while the file is being written."""
    picture = cv2.imread(str(file)) if file.exists() else None
    return None if picture is None else level_of(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely
