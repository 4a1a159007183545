"""A frame's path: how it follows from camera and slot or instant, and how to read it back. Pure; no disk.

Paths are relative to the archive, with slashes, in every store. `docs/archive.md` describes them for people.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

from services.archiver.base.epoch import from_seconds
from shared.bus.topics import KEY_PATTERN

SUFFIX: Final = ".webp"
THUMBNAIL_SUFFIX: Final = ".thumb.webp"
BROKEN_SUFFIX: Final = ".broken"
KEPT_SUFFIX: Final = ".kept"
_SECOND: Final = "%Y%m%dT%H%M%S"
_FILE_NAME: Final = re.compile(
    r"(?P<key>[a-z0-9][a-z0-9_-]{0,62})_(?P<second>\d{8}T\d{6})(\.(?P<millisecond>\d{3}))?Z(?P<thumb>\.thumb)?\.webp"
)


@dataclass(frozen=True, slots=True)
class FrameName:
    """What a path says: the camera, and a slot's start (epoch seconds) or, without a slot, an instant (epoch ms).

    Frames without a slot are manual captures and imported stills.
    """

    camera_key: str
    slot_start: int | None
    captured_ms: int | None = None

    @property
    def path(self) -> str:
        if self.slot_start is not None:
            return path_of(self.camera_key, self.slot_start)
        assert self.captured_ms is not None  # noqa: S101 one of the two is there
        return manual_path_of(self.camera_key, self.captured_ms)

    @classmethod
    def parse(cls, path: str) -> Self | None:
        """Read a path back; None when it is not a frame's path, but a thumbnail's or a foreign file's."""
        name = cls._of_file(path)
        return name if name is not None and name.path == path else None

    @classmethod
    def parse_below(cls, path: str, camera_key: str) -> Self | None:
        """The same, of a file in the directory of this camera, whichever camera its own name says."""
        name = cls._of_file(path)
        if name is None or not _is_key(camera_key):
            return None
        in_place = f"{camera_key}/{name.path.partition('/')[2]}"
        return name if path == in_place else None

    def of_camera(self, camera_key: str) -> Self:
        """The name of the same slot or instant for another camera."""
        return replace(self, camera_key=camera_key)

    @classmethod
    def _of_file(cls, path: str) -> Self | None:
        """What the file's own name says, wherever it lies."""
        match = _FILE_NAME.fullmatch(path.rpartition("/")[2])
        if match is None or match["thumb"]:
            return None
        try:
            second = int(datetime.strptime(match["second"], _SECOND).replace(tzinfo=UTC).timestamp())
        except ValueError:
            return None
        milliseconds = match["millisecond"]
        slot_start, captured_ms = (second, None) if milliseconds is None else (None, second * 1000 + int(milliseconds))
        return cls(match["key"], slot_start, captured_ms)


def path_of(camera_key: str, slot_start: int) -> str:
    """The path of a slot's frame: `porch/2026/11/22/porch_20261122T140000Z.webp`."""
    start = from_seconds(slot_start)
    return f"{day_of(camera_key, start)}/{camera_key}_{start.strftime(_SECOND)}Z{SUFFIX}"


def manual_path_of(camera_key: str, captured_ms: int) -> str:
    """The path of a frame without a slot: `porch/2026/11/22/porch_20261122T140512.345Z.webp`."""
    second, milliseconds = divmod(captured_ms, 1000)
    at = from_seconds(second)
    return f"{day_of(camera_key, at)}/{camera_key}_{at.strftime(_SECOND)}.{milliseconds:03d}Z{SUFFIX}"


def local_path_of(path: str, zone: ZoneInfo) -> str:
    """The same name by the zone's clock, for a copy: `porch/2026/11/22/porch_20261122T150000+0100.webp`.

    The offset tells the two hours apart that a clock shows twice. Of a zone that is at UTC it is the path itself.
    """
    name = FrameName.parse(path)
    if name is None:
        return path
    milliseconds = name.captured_ms
    at = from_seconds((name.slot_start or 0) if milliseconds is None else milliseconds // 1000).astimezone(zone)
    fraction = "" if milliseconds is None else f".{milliseconds % 1000:03d}"
    offset = f"{at:%z}" if at.utcoffset() else "Z"
    return f"{name.camera_key}/{at:%Y/%m/%d}/{name.camera_key}_{at.strftime(_SECOND)}{fraction}{offset}{SUFFIX}"


def day_of(camera_key: str, instant: datetime) -> str:
    """The directory of a camera's UTC day."""
    if not _is_key(camera_key):
        raise ValueError(f"{camera_key!r} is no camera key")
    return f"{camera_key}/{instant.astimezone(UTC):%Y/%m/%d}"


def _is_key(text: str) -> bool:
    return re.fullmatch(KEY_PATTERN, text) is not None and not text.endswith("\n")


def thumbnail_path_of(path: str) -> str:
    """The path of the thumbnail, beside its frame."""
    return path.removesuffix(SUFFIX) + THUMBNAIL_SUFFIX


def kept_mark_of(path: str) -> str:
    """The path of the mark that says that the frame is kept, beside it."""
    return path + KEPT_SUFFIX


def frame_path_of(thumbnail_path: str) -> str:
    """The path of the frame that the thumbnail belongs to."""
    return thumbnail_path.removesuffix(THUMBNAIL_SUFFIX) + SUFFIX
