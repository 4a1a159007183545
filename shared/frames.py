"""A frame and its three message parts, both ways. Pure: no sockets, no image library.

`docs/wire-format.md` is the authority; `tests/golden/` holds the bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import MessageDecodeError
from shared.topics import CameraKey, Rendition, frame_topic

MAX_HEADER_BYTES: Final = 4096
MAX_JPEG_BYTES: Final = 32 * 1024 * 1024
MAX_SIDE_PIXELS: Final = 65_500  # JPEG's own limit
JPEG_START: Final = b"\xff\xd8\xff"
JPEG_END: Final = b"\xff\xd9"


def scaled_height(source_width: int, source_height: int, width: int) -> int:
    """The height in pixels of a rendition of `width`, in the source's proportions."""
    return max(1, round(source_height * width / source_width))


@dataclass(frozen=True, slots=True)
class Frame:
    """One JPEG picture of one camera, at one size.

    `captured_at_ns` is UTC epoch nanoseconds, taken when the picture came out of the camera's stream.
    `sequence` grows by one with each frame of a rendition and starts over with each ingest process.
    `live` is false for a picture that stands in for one that could not be had.
    """

    camera_key: str
    rendition: str
    sequence: int
    captured_at_ns: int
    width: int
    height: int
    live: bool
    jpeg: bytes


class _Header(BaseModel):
    """The JSON of the second part. Unknown members are ignored, so that later writers may add some."""

    model_config = ConfigDict(strict=True, frozen=True)

    version: Literal[1] = 1
    camera: CameraKey
    rendition: Rendition
    sequence: int = Field(ge=0, lt=2**63)
    captured_at_ns: int = Field(ge=0, lt=2**63)
    width: int = Field(ge=1, le=MAX_SIDE_PIXELS)
    height: int = Field(ge=1, le=MAX_SIDE_PIXELS)
    live: bool


def encode_frame(frame: Frame) -> list[bytes]:
    """The message parts: topic, header, JPEG. The JPEG is not copied."""
    header = _Header(
        camera=frame.camera_key,
        rendition=frame.rendition,
        sequence=frame.sequence,
        captured_at_ns=frame.captured_at_ns,
        width=frame.width,
        height=frame.height,
        live=frame.live,
    )
    return [frame_topic(frame.camera_key, frame.rendition), header.model_dump_json().encode(), frame.jpeg]


def decode_frame(parts: Sequence[bytes]) -> Frame:
    """Read a frame back, believing nothing.

    The JPEG must begin and end as one, so a picture cut short never passes; its inside is not decoded here.

    Raises:
        MessageDecodeError: when any part is not as the wire format says.
    """
    if len(parts) != 3:  # noqa: PLR2004 topic, header, JPEG
        raise MessageDecodeError(f"a frame has 3 parts, not {len(parts)}")
    topic, header_json, jpeg = parts
    if len(header_json) > MAX_HEADER_BYTES:
        raise MessageDecodeError(f"the header is {len(header_json)} bytes long")
    try:
        header = _Header.model_validate_json(header_json)
    except ValidationError as error:
        raise MessageDecodeError(f"the header is not valid: {error.errors()[0]['msg']}") from None
    if topic != frame_topic(header.camera, header.rendition):
        raise MessageDecodeError("the topic does not name the header's camera and rendition")
    if len(jpeg) > MAX_JPEG_BYTES or not jpeg.startswith(JPEG_START) or not jpeg.endswith(JPEG_END):
        raise MessageDecodeError("the picture is not a whole JPEG")
    return Frame(
        camera_key=header.camera,
        rendition=header.rendition,
        sequence=header.sequence,
        captured_at_ns=header.captured_at_ns,
        width=header.width,
        height=header.height,
        live=header.live,
        jpeg=jpeg,
    )
