"""JPEGs of few bytes that are much work: many pixels, many scans, many segments."""

import struct
from collections.abc import Iterator
from itertools import islice

from services.ingest.decoding.jpeg import segment

START, END = b"\xff\xd8", b"\xff\xd9"
HIGHEST_BIT = 13
"""A scan may send all but this many low bits of a coefficient; later scans send one bit more each."""
EOB_SYMBOLS = bytes(run << 4 for run in range(15))


def progressive(width: int, height: int, scans: int) -> bytes:
    """A legal grey picture of `width` x `height` pixels in `scans` scans, of up to 883. All but the first are empty."""
    blocks = -(-width // 8) * -(-height // 8)
    quantisers = segment(0xDB, b"\0" + b"\1" * 64)
    frame = segment(0xC2, struct.pack("!BHHB", 8, height, width, 1) + b"\1\x11\0")
    dc_table = segment(0xC4, b"\0" + b"\1" + b"\0" * 15 + b"\0")
    ac_table = segment(0xC4, b"\x10" + b"\0\0\0\x0f" + b"\0" * 12 + EOB_SYMBOLS)
    bodies = [segment(0xDA, b"\1\1\0\0\0\0") + entropy_coded("0" * blocks)]
    empty = entropy_coded("".join(end_of_bands(blocks)))
    bodies += [segment(0xDA, b"\1\1\0" + parameters) + empty for parameters in islice(ac_scans(), scans - 1)]
    return b"".join((START, quantisers, frame, dc_table, ac_table, *bodies, END))


def ac_scans() -> Iterator[bytes]:
    """Each coefficient alone, from its highest bits to its lowest."""
    for coefficient in range(1, 64):
        for low in range(HIGHEST_BIT, -1, -1):
            high = 0 if low == HIGHEST_BIT else low + 1
            yield bytes((coefficient, coefficient, high << 4 | low))


def end_of_bands(blocks: int) -> Iterator[str]:
    """The codes that say "nothing here" of all blocks."""
    while blocks:
        run = min(blocks.bit_length() - 1, 14)
        count = min(blocks, (2 << run) - 1)
        yield f"{run:04b}" + (f"{count - (1 << run):0{run}b}" if run else "")
        blocks -= count


def entropy_coded(bits: str) -> bytes:
    whole = bits + "1" * (-len(bits) % 8)
    return int(whole, 2).to_bytes(len(whole) // 8, "big").replace(b"\xff", b"\xff\0")


def with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same baseline JPEG, whose header says another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack("!HH", height, width) + jpeg[at + 4 :]
