"""Stills of other programs are opened as what they show, and refused in words."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from PIL import ExifTags, Image

from services.archiver.base.errors import PictureRefusedError, PictureTooLargeError
from services.archiver.files.stills import open_still
from tests.archiver.support import cut_short, jpeg_of, noise

MAX_PIXELS = 1_000_000
AT = datetime(2024, 5, 1, 12, 0, 0)  # noqa: DTZ001 as clocks on a wall show it


def saved(picture: Image.Image, form: str, exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, exif=Image.Exif() if exif is None else exif)
    return file.getvalue()


def exif_with(**details: str) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"  # Pillow takes one without for empty
    ifd = exif.get_ifd(ExifTags.IFD.Exif)
    for name, value in details.items():
        ifd[ExifTags.Base[name]] = value
    return exif


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_each_format_is_opened_with_its_time(form: str) -> None:
    """All three can carry EXIF."""
    exif = exif_with(DateTimeOriginal="2024:05:01 12:00:00", SubsecTimeOriginal="25", OffsetTimeOriginal="+02:00")
    still = open_still(saved(noise(), form, exif), MAX_PIXELS)
    assert (still.picture.mode, still.picture.size) == ("RGB", (64, 48))
    assert still.taken_at == AT.replace(microsecond=250000, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, None),
        ({"DateTimeOriginal": "2024:05:01 12:00:00"}, AT),
        ({"DateTimeDigitized": "2024:05:01 12:00:00"}, AT),
        ({"DateTimeOriginal": "0000:00:00 00:00:00"}, None),
        ({"DateTimeOriginal": "    :  :     :  :  "}, None),
        ({"DateTimeOriginal": "2024:05:01 12:00:00", "OffsetTimeOriginal": "+25:99"}, AT),
        ({"DateTimeOriginal": "2024:05:01 12:00:00", "SubsecTimeOriginal": "x"}, AT),
    ],
)
def test_what_cameras_write_for_no_time_is_none(details: dict[str, str], expected: datetime | None) -> None:
    """Nothing is made up."""
    assert open_still(saved(noise(), "JPEG", exif_with(**details)), MAX_PIXELS).taken_at == expected


def test_a_still_is_turned_upright() -> None:
    """As every program shows it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    assert open_still(saved(noise(64, 48), "JPEG", exif), MAX_PIXELS).picture.size == (48, 64)


def test_deep_gray_keeps_its_shades_and_transparency_becomes_black() -> None:
    """Sky cameras write 16 bits; cut off at 255 the night would be white."""
    gray = Image.new("I;16", (8, 8), 0x8000)
    assert open_still(saved(gray, "PNG"), MAX_PIXELS).picture.getpixel((4, 4)) == (128, 128, 128)
    clear = Image.new("RGBA", (8, 8), (255, 255, 255, 0))
    assert open_still(saved(clear, "PNG"), MAX_PIXELS).picture.getpixel((4, 4)) == (0, 0, 0)
    palette = saved(noise().quantize(16), "PNG")
    assert open_still(palette, MAX_PIXELS).picture.mode == "RGB"


def giant_png() -> bytes:
    """A header that promises a hundred thousand pixels a side, and nothing else."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return start + struct.pack(">I", 1000) + b"IDAT" + bytes(1000)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (lambda: cut_short(jpeg_of()), PictureRefusedError),
        (lambda: saved(noise(), "PNG")[:-2000], PictureRefusedError),
        (lambda: saved(noise(), "WEBP")[:-500], PictureRefusedError),
        (lambda: b"", PictureRefusedError),
        (lambda: b"GIF89a" + bytes(100), PictureRefusedError),
        (lambda: saved(noise(), "BMP"), PictureRefusedError),
        (lambda: jpeg_of(noise(1200, 1000)), PictureTooLargeError),
        (lambda: saved(noise(1200, 1000), "PNG"), PictureTooLargeError),
        (giant_png, PictureTooLargeError),
    ],
)
def test_what_is_broken_or_too_large_is_refused_before_it_costs_anything(
    content: Callable[[], bytes], error: type[Exception]
) -> None:
    """In words, with the limit that it exceeds."""
    with pytest.raises(error, match=r"\w+ \w+"):
        open_still(content(), MAX_PIXELS)
