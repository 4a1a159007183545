"""How large a camera's picture may be, and how a lack of memory for one is told from other errors. Pure."""

from typing import Final

from shared.bus.frames import MAX_SIDE_PIXELS
from shared.errors import FramecastError

_BLOCK: Final = 64
"""The largest block that H.264 and H.265 code, in pixels on each side."""


class PictureRefusedError(FramecastError):
    """Raised when a camera's picture is beyond a limit. Disconnect and tell the owner, since the next one is like it.

    The message is for the owner: what the picture has, the limit, and what to do.
    """


def is_lack_of_memory(error: Exception) -> bool:
    """OpenCV and libjpeg have no error of their own for it, only these words."""
    return isinstance(error, MemoryError) or "Insufficient memory" in str(error)


def check_size(width: int, height: int, max_pixels: int) -> None:
    """
    Raises:
        PictureRefusedError: when a picture of `width` x `height` pixels is larger than `max_pixels`, or one of its
            sides is longer than a JPEG's may be.
    """
    if width * height > max_pixels:
        raise PictureRefusedError(
            f"The camera's picture is {width} x {height}: {width * height} pixels are more than the {max_pixels} of "
            "PICTURE_MAX_PIXELS. Choose a smaller picture in the camera, or raise PICTURE_MAX_PIXELS."
        )
    if max(width, height) > MAX_SIDE_PIXELS:
        raise PictureRefusedError(
            f"The camera's picture is {width} x {height}, and no side may have more than {MAX_SIDE_PIXELS} pixels. "
            "Choose a smaller picture in the camera."
        )


def check_coded_size(width: int, height: int, max_pixels: int) -> None:
    """Check the size that a stream codes, of which it may show a piece.

    An honest stream codes no more than whole blocks around what it shows.

    Raises:
        PictureRefusedError: when that is larger than `max_pixels` even without those blocks.
    """
    if max(0, width - _BLOCK) * max(0, height - _BLOCK) > max_pixels:
        check_size(width, height, max_pixels)
