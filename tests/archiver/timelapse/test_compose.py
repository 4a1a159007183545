"""What becomes of one archived picture on its way into a video."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from services.archiver.base.errors import PictureRefusedError
from services.archiver.timelapse.compose import Composer, open_picture
from tests.archiver.support import webp_of
from tests.archiver.timelapse.pictures import AT, RED, plain

BLACK = (0, 0, 0)


def compose(picture: Image.Image, size: tuple[int, int], zone: str | None = None) -> Image.Image:
    return Composer(*size, None if zone is None else ZoneInfo(zone)).compose(picture, AT)


def test_a_picture_of_another_shape_is_shown_whole_between_black() -> None:
    """A camera that was replaced, or turned, stays in the same video."""
    frame = compose(plain(size=(100, 100)), (320, 180))
    assert frame.size == (320, 180)
    assert [frame.getpixel((x, 90)) for x in (5, 160, 315)] == [BLACK, RED, BLACK]


def test_a_pixel_short_is_no_border() -> None:
    """1081 lines do not divide by two."""
    frame = compose(plain(size=(1921, 1081)), (1280, 720))
    assert [frame.getpixel(corner) for corner in ((0, 0), (1279, 719))] == [RED, RED]


def test_a_picture_of_the_size_wanted_is_not_touched() -> None:
    """Nothing is blurred for nothing."""
    picture = Image.effect_noise((320, 180), 80).convert("RGB")
    assert compose(picture.copy(), (320, 180)).tobytes() == picture.tobytes()


def test_the_time_is_printed_in_the_zone_asked_for() -> None:
    """14:00 UTC is 15:00 in Berlin and 23:00 in Tokyo, and the same instant in UTC twice is the same print."""
    prints = {zone: compose(plain(), (640, 360), zone).tobytes() for zone in ("UTC", "Europe/Berlin", "Asia/Tokyo")}
    assert len(set(prints.values())) == 3
    assert Composer(640, 360, ZoneInfo("Europe/Berlin")).compose(plain(), AT).tobytes() == prints["Europe/Berlin"]
    berlin_time_said_in_utc = Composer(640, 360, ZoneInfo("UTC")).compose(
        plain(), datetime(2026, 11, 22, 15, tzinfo=UTC)
    )
    assert berlin_time_said_in_utc.tobytes() == prints["Europe/Berlin"]


def test_the_print_stays_in_its_corner_and_can_be_read() -> None:
    """White on dark, whatever lies beneath."""
    changed = np.any(np.asarray(compose(plain((255, 255, 255)), (640, 360), "UTC")) < 200, axis=2)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 300
    assert columns.max() < 250


@pytest.mark.parametrize("webp", [b"", b"RIFF", webp_of()[:300]])
def test_what_is_no_whole_picture_is_refused(webp: bytes) -> None:
    """It is left out and counted."""
    with pytest.raises(PictureRefusedError):
        open_picture(webp)
