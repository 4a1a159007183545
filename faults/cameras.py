"""The lab's cameras: GStreamer's RTSP server, with a password, and the time in each picture."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from faults.facts import Painted, Sessions
from faults.relay import Relay
from tests.support.camera import RtspCamera

FPS: Final = 10
USERNAME: Final = "gärtner"
PASSWORD: Final = "Tor&Hof/7:geheim"  # noqa: S105 of a camera in the lab
THIRD_PASSWORD: Final = "Keller&Treppe/9:geheim"  # noqa: S105 likewise
_ESTABLISHED: Final = "01"


@dataclass(frozen=True, slots=True)
class LabCamera:
    """A camera and the relay through which ingest reaches it."""

    key: str
    camera: RtspCamera
    relay: Relay

    @property
    def url(self) -> str:
        """With the credentials in it, as most people write it."""
        login = f"{quote(USERNAME, safe='')}:{quote(PASSWORD, safe='')}"
        return f"rtsp://{login}@127.0.0.1:{self.relay.port}/camera"

    def table(self, interval_seconds: int) -> str:
        """Its table in a cameras file."""
        return (
            f'[[camera]]\ndevice_key = "{self.key}"\nname = "Camera {self.key}"\nrtsp_url = "{self.url}"\n'
            f"capture_interval = {interval_seconds}\nstall_seconds = 2\nfps = 30\n"
        )

    def settings(self) -> dict[str, str | int]:
        """The same as the owner sets it at the page, the login beside the address. It is archived once a day."""
        return {
            "device_key": self.key,
            "name": f"Camera {self.key}",
            "rtsp_url": f"rtsp://127.0.0.1:{self.relay.port}/camera",
            "rtsp_username": USERNAME,
            "rtsp_password": THIRD_PASSWORD,
            "fps": 20,
            "capture_interval": 86400,
        }


def started_camera(key: str, password: str = PASSWORD) -> LabCamera:
    camera = RtspCamera(fps=FPS, width=320, height=240, username=USERNAME, password=password, auth="digest")
    camera.start()
    return LabCamera(key, camera, Relay(camera.port))


class CameraWatch:
    """Notes twice a second what the cameras painted, and how many connections to each of them our processes hold."""

    def __init__(self, cameras: tuple[LabCamera, ...], note: Callable[[Painted | Sessions], None]) -> None:
        self._cameras = cameras
        self._note = note
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cameras", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        painted_at: dict[str, float] = {}
        while not self._stop.wait(0.3):
            held = held_connections()
            for each in self._cameras:
                opened = each.camera.total_sessions
                self._note(Sessions(each.key, time.time(), held.count(each.relay.port), opened))
                at, count = each.camera.painted
                if at > painted_at.get(each.key, 0.0):
                    painted_at[each.key] = at
                    self._note(Painted(each.key, at, count))


def held_connections() -> list[int]:
    """The other ends' ports of all TCP connections here that a process holds (one that is only dying has no inode)."""
    return [port for port, inode in _connections() if inode != "0"]


def _connections() -> Iterator[tuple[int, str]]:
    """Port of the other end, and inode, of each TCP connection here."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, _, _, _, _, _, inode, *_ = line.split()
        if state == _ESTABLISHED:
            yield int(remote.partition(":")[2], 16), inode
