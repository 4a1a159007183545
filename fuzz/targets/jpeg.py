"""A camera's JPEG: what ingest lets pass, and what the archiver takes from the bus."""

from typing import Final

from services.archiver.base.errors import PictureRefusedError as ArchiveRefusedError
from services.archiver.base.errors import PictureTooLargeError
from services.archiver.files.webp import decode_jpeg
from services.ingest.decoding.jpeg import DamagedPictureError, check, lean
from services.ingest.decoding.picture_limits import PictureRefusedError
from shared.bus.frames import JPEG_END, JPEG_START
from shared.jpeg_segments import MAX_SCANS, scan_count

HANDLED: Final = (DamagedPictureError, PictureRefusedError)
MAX_BYTES: Final = 8 * 1024
MAX_PIXELS: Final = 1024 * 768


def read(data: bytes) -> None:
    """A picture that passes keeps its bounds, is the same when it is checked again, and never ends a service."""
    _read_as_archiver(data)
    checked = check(data, MAX_PIXELS)
    assert checked.width * checked.height <= MAX_PIXELS
    assert checked.data.startswith(JPEG_START)
    assert checked.data.endswith(JPEG_END)
    assert scan_count(checked.data) <= MAX_SCANS
    assert lean(checked.data) == checked.data
    _read_as_archiver(checked.data)


def _read_as_archiver(data: bytes) -> None:
    try:
        picture = decode_jpeg(data, MAX_PIXELS)
    except (ArchiveRefusedError, PictureTooLargeError):
        return
    assert picture.width * picture.height <= MAX_PIXELS
