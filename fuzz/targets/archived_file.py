"""A file of the archive or a still to import: whoever can write to the disk may have put it there."""

from typing import Final

from services.archiver.base.errors import OutOfMemoryError, PictureRefusedError, PictureTooLargeError
from services.archiver.files.stills import open_still
from services.archiver.files.webp import original_id_of, read_webp

HANDLED: Final = (PictureRefusedError, PictureTooLargeError, OutOfMemoryError)
MAX_BYTES: Final = 8 * 1024
MAX_PIXELS: Final = 1024 * 768


def read(data: bytes) -> None:
    """A picture that is taken has no more pixels than allowed, and its label means something or nothing."""
    original_id_of(data)
    if data[:4] == b"RIFF":
        labelled = read_webp(data, MAX_PIXELS)
        assert labelled.picture.width * labelled.picture.height <= MAX_PIXELS
        assert labelled.captured_at is None or labelled.captured_at.tzinfo is not None
        assert labelled.interval_seconds is None or labelled.interval_seconds >= 0
    still = open_still(data, MAX_PIXELS)
    assert still.picture.mode == "RGB"
    assert still.picture.width * still.picture.height <= MAX_PIXELS
