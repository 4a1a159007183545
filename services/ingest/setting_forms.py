"""The forms that camera settings take: how a value of the cameras file becomes that of an environment variable, and
which values can be used. Pure, but for a look at files.
"""

import os
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.ingest.appearance.regions import parse_crop, parse_polygons
from shared.settings import SettingValueError

NO_FILE_THERE: Final = "There is no such file. In a container only the directory config/ is seen: write config/NAME."
MAX_WIDTHS: Final = 16
MIN_WIDTH_PIXELS: Final = 16
MAX_WIDTH_PIXELS: Final = 7680
MAX_ASPECT: Final = 10
MAX_ASPECT_SIDE: Final = 10_000


def joined(value: Any) -> Any:
    """A list, which only a file can hold, in the form of an environment variable."""
    return ",".join(map(str, value)) if isinstance(value, list) else value


def masks_text(value: Any) -> Any:
    """Areas as lists of [x, y], which only a file can hold, in the form of an environment variable."""
    if not isinstance(value, list):
        return value
    return "; ".join(
        " ".join(str(joined(corner)) for corner in area) if isinstance(area, list) else str(area) for area in value
    )


def usable_crop(value: str) -> str:
    parse_crop(value)
    return value


def usable_masks(value: str) -> str:
    parse_polygons(value)
    return value


def degrees(value: Any) -> Any:
    """An environment variable as the number that it spells."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def usable_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(value) from None
    return value


def usable_aspect(value: str) -> str:
    """`auto`, `square`, or two whole numbers whose shape no camera's picture exceeds."""
    if value in ("auto", "square"):
        return value
    width, _, height = value.partition(":")
    sides = [int(side) if side.strip().isdecimal() else 0 for side in (width, height)]
    if not (all(0 < side <= MAX_ASPECT_SIDE for side in sides) and max(sides) <= MAX_ASPECT * min(sides)):
        raise ValueError(value)
    return value


def usable_widths(value: str) -> str:
    widths = value.split(",")
    if len(widths) > MAX_WIDTHS or not all(
        width.strip().isdecimal() and MIN_WIDTH_PIXELS <= int(width) <= MAX_WIDTH_PIXELS for width in widths
    ):
        raise ValueError(value)
    return value


def existing_file(value: Path) -> Path:
    """
    Raises:
        SettingValueError: there is no file at the path that may be read; saying why.
    """
    if value.is_dir():
        raise SettingValueError("It is a directory.")
    if not value.is_file():
        raise SettingValueError(NO_FILE_THERE)
    if not os.access(value, os.R_OK):
        raise SettingValueError("It may not be read: see its owner and rights.")
    return value
