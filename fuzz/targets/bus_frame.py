"""A message of the bus that says it is a frame: whoever reaches the bus may send it."""

from typing import Final

from fuzz.pieces import records_in
from shared.bus.frames import MAX_SIDE_PIXELS, decode_frame, encode_frame
from shared.errors import MessageDecodeError
from shared.settings import HIGHEST_MAX_PIXELS

HANDLED: Final = (MessageDecodeError,)


def read(data: bytes) -> None:
    """A frame that is taken can be sent on, and is the same then."""
    frame = decode_frame(list(records_in(data)))
    assert decode_frame(encode_frame(frame)) == frame
    assert 0 < frame.width <= MAX_SIDE_PIXELS
    assert 0 < frame.height <= MAX_SIDE_PIXELS
    assert frame.width * frame.height <= HIGHEST_MAX_PIXELS
