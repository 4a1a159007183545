"""OctoPrint itself, in the container of the programs, printing on its own virtual printer with a time-lapse."""

import json
import os
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.e2e.compose import docker
from tests.e2e.home_assistant import IMAGE
from tests.support.ports import free_port
from tests.support.waiting import wait_until

_KEY: Final = "0123456789abcdef" * 2
_START_SECONDS: Final = 60.0
_SETTINGS: Final[dict[str, Any]] = {
    "api": {"key": _KEY},
    "server": {"firstRun": False, "onlineCheck": {"enabled": False}, "pluginBlacklist": {"enabled": False}},
    "serial": {"port": "VIRTUAL", "autoconnect": True},
    "webcam": {"ffmpeg": "/bin/true"},
    "plugins": {
        # These call home.
        "_disabled": ["announcements", "discovery", "errortracking", "pluginmanager", "softwareupdate", "tracking"],
        "virtual_printer": {"enabled": True},
    },
}
_KEYS: Final = {
    "Stream URL": "stream",
    "Snapshot URL": "snapshot",
    "Authentication": "snapshotAuth",
    "Username": "snapshotUsername",
    "Password": "snapshotPassword",
}
"""The fields of Classic Webcam's settings, by the labels beside them."""


class OctoPrint:
    def __init__(self, directory: Path, port: int) -> None:
        self._directory = directory
        self._port = port

    def configure(self, form: Mapping[str, str]) -> None:
        """Save Classic Webcam's settings, label by label."""
        webcam = {_KEYS[label]: value for label, value in form.items()}
        self._ask("POST", "/api/settings", {"plugins": {"classicwebcam": webcam}})

    def print_for_ever(self) -> None:
        """Print a file that only waits. Each second the time-lapse takes a picture."""
        self._ask("POST", "/api/timelapse", {"type": "timed", "interval": 1, "fps": 25, "postRoll": 0})
        wait_until(self._is_operational, "the virtual printer is connected")
        uploads = self._directory / "uploads"
        (uploads / "wait.gcode").write_text("G28\n" + "G4 S60\n" * 60)
        wait_until(self._select, "the file is known")

    def pictures(self) -> list[NDArray[np.uint8]]:
        """The time-lapse's pictures so far. The newest file may be half written."""
        paths = sorted((self._directory / "timelapse/tmp").glob("*.jpg"), key=lambda path: path.stat().st_mtime_ns)
        decoded = [cv2.imread(str(path)) for path in paths if path.stat().st_size]
        return [picture for picture in decoded if picture is not None]  # type: ignore[misc] # loosely typed

    def failures(self) -> int:
        """How many pictures of the time-lapse could not be taken."""
        return (self._directory / "logs/octoprint.log").read_text(errors="replace").count("Could not capture image")

    def is_up(self) -> bool:
        try:
            self._ask("GET", "/api/version")
        except (OSError, HTTPException):  # while it starts, another server answers
            return False
        return True

    def _is_operational(self) -> bool:
        return bool(self._ask("GET", "/api/connection")["current"]["state"] == "Operational")

    def _select(self) -> bool:
        try:
            self._ask("POST", "/api/files/local/wait.gcode", {"command": "select", "print": True})
        except OSError:
            return False
        return True

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"X-Api-Key": _KEY, "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def running_octoprint(directory: Path) -> Iterator[OctoPrint]:
    """It keeps everything in `directory`, and listens on loopback, in this host's network."""
    port = free_port()
    # A program that reads YAML reads JSON.
    (directory / "config.yaml").write_text(json.dumps(_SETTINGS))
    container = docker(
        *("run", "--rm", "-d", "--network", "host", "--user", f"{os.getuid()}:{os.getgid()}"),
        *("-e", "HOME=/tmp", "-v", f"{directory}:/octoprint-data", IMAGE),
        *("/octoprint/bin/octoprint", "serve", "--iknowwhatimdoing", "--basedir", "/octoprint-data"),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    try:
        octoprint = OctoPrint(directory, port)
        wait_until(octoprint.is_up, "OctoPrint answers", _START_SECONDS)
        yield octoprint
    finally:
        docker("kill", container)
