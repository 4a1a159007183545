"""A camera on a bad link: random packet loss, and a bandwidth below the camera's bitrate."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq

from shared.bus.frames import Frame, decode_frame
from shared.bus.status import CameraStatus, decode_status
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock, shows_camera_colours
from tests.support.hosts import Host, host_alone
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.camera]


class Watcher:
    """Subscribes to a camera over a Unix socket, which is reachable from every network namespace."""

    def __init__(self, address: str) -> None:
        self.frames: list[Frame] = []
        self.statuses: list[CameraStatus] = []
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(address)
        for topic in ("status/", "frame/camera_1/main/"):
            self._socket.subscribe(topic)

    def watch(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            if self._socket.poll(round(rest * 1000) + 1):
                parts = self._socket.recv_multipart()
                if parts[0].startswith(b"status/"):
                    self.statuses.append(decode_status(parts))
                else:
                    self.frames.append(decode_frame(parts))

    def sees_fresh_pictures(self) -> bool:
        self.frames.clear()
        self.watch(0.5)
        return len(self.frames) > 5 and age_seconds(self.frames[-1]) < 1

    def close(self) -> None:
        self._context.destroy(linger=0)


def picture_of(frame: Frame) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def age_seconds(frame: Frame) -> float:
    shown_ms = read_clock(picture_of(frame))
    return float("inf") if shown_ms is None else time.time() - shown_ms / 1000


@contextmanager
def watched(host: Host, camera: RtspCamera, directory: Path, **settings: str) -> Iterator[Watcher]:
    bus = f"ipc://{directory / 'bus'}"
    environment = {"BUS_BIND": bus, "CAMERA_RTSP_URL": camera.url, "CAMERA_STALL_SECONDS": "2", **settings}
    with host.inside():
        ingest = ServiceProcess("services.ingest", environment, directory / "log")
    watcher = Watcher(bus)
    try:
        wait_until(watcher.sees_fresh_pictures, "fresh pictures arrive", 30)
        yield watcher
    finally:
        watcher.close()
        ingest.stop()


@contextmanager
def camera_on(host: Host, camera: RtspCamera) -> Iterator[RtspCamera]:
    with host.inside():
        camera.start()
    try:
        yield camera
    finally:
        camera.stop()


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("decoder", ["direct", "ffmpeg"])
def test_pictures_damaged_by_packet_loss_are_not_shown(decoder: str, codec: str, tmp_path: Path) -> None:
    """Over UDP, with one packet in fifty lost: fewer pictures, all clean. The direct reader reports the loss."""
    made = RtspCamera(codec=codec, udp=True, gop_seconds=0.5)  # type: ignore[arg-type] # one of the two names
    with (
        host_alone() as host,
        camera_on(host, made) as camera,
        watched(host, camera, tmp_path, CAMERA_DECODER=decoder, CAMERA_RTSP_TRANSPORT="udp") as watcher,
    ):
        host.lose(0.02)
        watcher.watch(2)
        watcher.frames.clear()
        watcher.watch(8)
        pictures = [picture_of(frame) for frame in watcher.frames]
        assert 20 < len(pictures) < 220, "no packet was lost, or no picture arrived"
        assert all(shows_camera_colours(picture) for picture in pictures)
        assert all(read_clock(picture) is not None for picture in pictures)
        said = any("packets were lost" in notice for status in watcher.statuses for notice in status.notices)
        assert said is (decoder == "direct")


@pytest.mark.parametrize("decoder", ["direct", "ffmpeg"])
def test_pictures_are_fresh_again_after_the_link_was_too_narrow(decoder: str, tmp_path: Path) -> None:
    """Pictures that queued up while the link was narrow do not delay the later ones."""
    with (
        host_alone() as host,
        camera_on(host, RtspCamera()) as camera,
        watched(host, camera, tmp_path, CAMERA_DECODER=decoder) as watcher,
    ):
        host.throttle("100kbit")
        watcher.frames.clear()
        watcher.watch(8)
        assert len(watcher.frames) < 8 * 30 * 0.8, "the link was not narrow"
        host.unthrottle()
        wait_until(watcher.sees_fresh_pictures, "the pictures are fresh again", 20)
