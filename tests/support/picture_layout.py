"""The layout of the test camera's picture and the code of its clock, which painter and reader share.

It paints and reads no pictures. It uses only the standard library, because two Pythons import it: the tests' own, and
Debian's, which runs the camera. Positions are fractions of the picture, so any size can be read.

The clock lies across the top: rows of blocks from left to right, white for 1 and black for 0, most significant bit
first. It holds UTC epoch milliseconds (48 bits) and the CRC-16 of those six bytes (16 bits).
"""

import binascii
from typing import Final

CLOCK_ROWS: Final = 2
CLOCK_COLUMNS: Final = 32
CLOCK_HEIGHT_SHARE: Final = 1 / 9

_TIME_BYTES: Final = 6
_CRC_START: Final = 0xFFFF  # with a start of zero, an all-black strip would be a valid time

# (blue-difference, red-difference) of the thirds from left to right: reddish, greenish, bluish.
THIRDS_CHROMA: Final = ((100, 190), (90, 85), (190, 100))
# Luma falls from top to bottom, and one lighter stripe moves down; neither changes the chroma.
LUMA_TOP: Final = 150
LUMA_BOTTOM: Final = 70
STRIPE_LUMA: Final = 190


def encode_clock(epoch_ms: int) -> bytes:
    """The eight bytes that the blocks show."""
    time_bytes = epoch_ms.to_bytes(_TIME_BYTES, "big")
    return time_bytes + binascii.crc_hqx(time_bytes, _CRC_START).to_bytes(2, "big")


def decode_clock(shown: bytes) -> int | None:
    """Epoch milliseconds, or None when the check bits are wrong."""
    epoch_ms = int.from_bytes(shown[:_TIME_BYTES], "big")
    return epoch_ms if encode_clock(epoch_ms) == shown else None
