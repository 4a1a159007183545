"""The picture that stands for a time-lapse until it is played: which frame, and the file of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from services.archiver.db.frame_query import DAYLIGHT_BRIGHTNESS

WIDTH: Final = 640
QUALITY: Final = 80


def poster_place(brightness: Sequence[float | None]) -> int:
    """The frame of median brightness among those by daylight; if there are none, the lightest.

    The first frame is often of midnight, and a winter's median is dark, too.
    """
    measured = sorted((light, place) for place, light in enumerate(brightness) if light is not None)
    if not measured:
        return len(brightness) // 2
    by_daylight = [each for each in measured if each[0] >= DAYLIGHT_BRIGHTNESS]
    _, place = by_daylight[len(by_daylight) // 2] if by_daylight else measured[-1]
    return place


def save_poster(picture: Image.Image, path: str) -> None:
    """Write it as a JPEG of at most `WIDTH` pixels. Raises OSError."""
    small = picture.copy()
    small.thumbnail((WIDTH, WIDTH))
    with Path(path).open("wb") as file:
        small.save(file, "JPEG", quality=QUALITY)
