"""A frame, and its message: encoding and decoding. Pure: no sockets, no image library.

`docs/wire-format.md` is the authority; `tests/golden/` has the header's bytes.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from pydantic_core import from_json

from shared.bus.topics import KEY_PATTERN, RENDITION_PATTERN, frame_topic
from shared.errors import MessageDecodeError
from shared.settings import HIGHEST_MAX_PIXELS

VERSION: Final = 1
FRAME_PARTS: Final = 3
"""Topic, header, JPEG."""
MAX_HEADER_BYTES: Final = 4096
INTEGER_LIMIT: Final = 2**63
MAX_JPEG_BYTES: Final = 32 * 1024 * 1024
MAX_SIDE_PIXELS: Final = 65_500  # JPEG's own limit
JPEG_START: Final = b"\xff\xd8\xff"
JPEG_END: Final = b"\xff\xd9"
HEADER_MEMBERS: Final = (
    "version",
    "camera",
    "rendition",
    "sequence",
    "captured_at_ns",
    "width",
    "height",
    "live",
)
_TYPES: Final = (int, str, str, int, int, int, int, bool)
_members: Final = itemgetter(*HEADER_MEMBERS)
_is_key: Final = re.compile(KEY_PATTERN).fullmatch
_is_rendition: Final = re.compile(RENDITION_PATTERN).fullmatch
_to_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def scaled_height(source_width: int, source_height: int, width: int) -> int:
    """The height in pixels of a rendition of `width` pixels, with the source's aspect ratio."""
    return max(1, round(source_height * width / source_width))


class Frame(NamedTuple):
    """One JPEG picture of one camera, at one size. A NamedTuple takes a third of a dataclass's time to make.

    `captured_at_ns` is UTC epoch nanoseconds, taken when the picture came out of the camera's stream.
    `sequence` grows by one with each frame of a rendition, and starts over with each process of the camera.
    `live` is false for a picture that replaces one that could not be had.
    """

    camera_key: str
    rendition: str
    sequence: int
    captured_at_ns: int
    width: int
    height: int
    live: bool
    jpeg: bytes


def encode_frame(frame: Frame) -> list[bytes]:
    """The message's parts: topic, header, JPEG. The JPEG is not copied."""
    members = (
        VERSION,
        frame.camera_key,
        frame.rendition,
        frame.sequence,
        frame.captured_at_ns,
        frame.width,
        frame.height,
        frame.live,
    )
    header = _to_json(dict(zip(HEADER_MEMBERS, members, strict=True)))
    return [frame_topic(frame.camera_key, frame.rendition), header.encode(), frame.jpeg]


def decode_frame(parts: Sequence[bytes]) -> Frame:
    """The frame in a message; every part is checked.

    The JPEG must have its start and end markers, so a truncated picture never passes. It is not decoded here.
    The header is checked by hand instead of by pydantic, because every replica reads one per frame: pydantic would cost
    as much as sending pictures to ten viewers.

    Raises:
        MessageDecodeError: a part is not as the wire format says.
    """
    if len(parts) != FRAME_PARTS:
        raise MessageDecodeError(f"a frame has {FRAME_PARTS} parts, not {len(parts)}")
    topic, header, jpeg = parts
    if len(header) > MAX_HEADER_BYTES:
        raise MessageDecodeError(f"the header is {len(header)} bytes long")
    try:
        # Unknown members are ignored: a later version may add some.
        members = _members(from_json(header))
    except (ValueError, KeyError, TypeError):
        raise MessageDecodeError("the header is not a JSON object with all its members") from None
    version, camera_key, rendition, sequence, captured_at_ns, width, height, live = members
    if (
        tuple(map(type, members)) != _TYPES
        or version != VERSION
        or not 0 <= sequence < INTEGER_LIMIT
        or not 0 <= captured_at_ns < INTEGER_LIMIT
        or not 0 < width <= MAX_SIDE_PIXELS
        or not 0 < height <= MAX_SIDE_PIXELS
        or width * height > HIGHEST_MAX_PIXELS
    ):
        raise MessageDecodeError("a member of the header has the wrong type or is out of range")
    if topic != _topic_of(camera_key, rendition):
        raise MessageDecodeError("the topic and the header do not name the same camera and rendition")
    if len(jpeg) > MAX_JPEG_BYTES or not jpeg.startswith(JPEG_START) or not jpeg.endswith(JPEG_END):
        raise MessageDecodeError("the picture is not a whole JPEG")
    return Frame(camera_key, rendition, sequence, captured_at_ns, width, height, live, jpeg)


@lru_cache(maxsize=256)
def _topic_of(camera_key: str, rendition: str) -> bytes | None:
    """The topic of these frames; None when the key or the rendition is not valid."""
    return frame_topic(camera_key, rendition) if _is_key(camera_key) and _is_rendition(rendition) else None
