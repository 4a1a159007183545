"""The cameras file as both services read it: an owner's, or whatever an editor or a disk left of it."""

import re
import tempfile
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.daylight import Location
from services.ingest.cameras_file import read_cameras_file
from shared.errors import ConfigurationError

HANDLED: Final = (ConfigurationError,)
SECRET: Final = "kq7vXz"  # noqa: S105 of nobody
_IN_ITS_PLACE: Final = re.compile(rf'^rtsp_(?:password|url) ?= ?"[^"\n]*{SECRET}'.encode(), re.MULTILINE)
"""Elsewhere nothing tells that it is one."""
_DIRECTORY: Final = tempfile.TemporaryDirectory(prefix="framecast-fuzz-")


def read(data: bytes) -> None:
    """A refusal is one line, and repeats no password of the file."""
    path = Path(_DIRECTORY.name) / "cameras.toml"
    path.write_bytes(data)
    is_elsewhere = data.count(SECRET.encode()) > len(_IN_ITS_PLACE.findall(data))
    failures: list[ConfigurationError] = []
    rules = CameraRules(path, ZoneInfo("Europe/Berlin"), Location(52.5, 13.4))
    try:
        rules.load()
    except ConfigurationError as error:
        failures.append(error)
    try:
        cameras = read_cameras_file(path)
    except ConfigurationError as error:
        failures.append(error)
    else:
        assert len({camera.device_key for camera in cameras}) == len(cameras)
    for words in map(str, failures):
        assert words.isprintable(), words
        assert is_elsewhere or SECRET not in words, words
