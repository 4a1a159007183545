"""What becomes of the cameras' settings: the file itself, and what each replica shows of the cameras."""

import http.client
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from faults.audience import THIRD
from faults.camera_facts import CamerasShown, FileSeen, kept_of
from faults.viewers.door import Door
from faults.viewers.watch import Watch

FILE_SECONDS: Final = 0.2
SHOWN_SECONDS: Final = 0.7
SNAPSHOT: Final = f"/api/cameras/{THIRD}/snapshot?max_age=3"
_OFF: Final = "disabled"


class SettingsWatch(Watch):
    """A thread for the file, and one for each replica. `note` gets what they see."""

    def __init__(self, doors: Sequence[Door], file: Path, note: Callable[[FileSeen | CamerasShown], None]) -> None:
        super().__init__(self._watch_file, *(partial(self._watch, door) for door in doors))
        self._file = file
        self._note = note

    def _watch_file(self) -> None:
        while not self._stop.wait(FILE_SECONDS):
            at = time.time()
            try:
                data = self._file.read_bytes()
            except FileNotFoundError:
                data = None
            self._note(FileSeen(at, time.time(), kept_of(data)))

    def _watch(self, door: Door) -> None:
        while not self._stop.wait(SHOWN_SECONDS):
            try:
                shown = _shown(door)
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                continue  # it is judged whether it answers by other promises
            if shown is not None:
                self._note(shown)


def _shown(door: Door) -> CamerasShown | None:
    """None while the replica does not hear of cameras."""
    at = time.time()
    status, body = door.get("/api/devices")
    devices = json.loads(body)["devices"] if status == http.HTTPStatus.OK else []
    if not devices or any(device["state"] == "unknown" for device in devices):
        return None
    keys = tuple(device["key"] for device in devices)
    third = next((device for device in devices if device["key"] == THIRD), None)
    if third is None:
        return CamerasShown(door.label, at, time.time(), keys)
    is_upright = _is_upright(door) if third["is_streaming"] else None
    return CamerasShown(door.label, at, time.time(), keys, third["name"], third["state"] != _OFF, is_upright)


def _is_upright(door: Door) -> bool | None:
    """Whether the live picture is higher than wide; None where there is none."""
    status, body = door.get(SNAPSHOT)
    picture = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE) if status == 200 else None
    return None if picture is None else picture.shape[0] > picture.shape[1]
