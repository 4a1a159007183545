"""NAL units of H.264 and H.265 in a byte stream (annex B of both standards), and their parameter sets. Pure."""

from collections.abc import Callable, Iterable
from typing import Final

from services.ingest.decoding.access_unit import START_CODE, Buffer

SHORT_START_CODE: Final = b"\0\0\1"
MAX_UNITS: Final = 1024
"""A byte stream may have one in each four bytes."""
MAX_SETS: Final = 64
MAX_SETS_BYTES: Final = 64 * 1024
"""Of all parameter sets that are remembered. Those of a camera have a few hundred bytes."""


def units_in(data: Buffer) -> list[bytes]:
    """The NAL units between start codes of three or four bytes, and the one before the first start code.

    Behind `MAX_UNITS` the rest counts as one.
    """
    # No NAL unit ends in zeros, so those before a start code belong to it, or fill the stream.
    return [unit for part in bytes(data).split(SHORT_START_CODE, MAX_UNITS) if (unit := part.rstrip(b"\0"))]


def has_start_code(data: Buffer) -> bool:
    return SHORT_START_CODE in bytes(data)


def with_sets(known: bytes, new: Iterable[Buffer], kind_of: Callable[[Buffer], int]) -> bytes:
    """The parameter sets in the byte stream `known`, and the `new` ones behind those of their kind.

    A decoder takes the last one of each number. `kind_of` orders them, because one set refers to others of lower kinds:
    a camera may send a part of them in its description and the others in its stream.
    """
    sets = dict.fromkeys(units_in(known))
    for unit in map(bytes, new):
        sets.pop(unit, None)
        sets[unit] = None
    kept: list[bytes] = []
    size = 0
    for unit in reversed(sets):
        size += len(unit)
        if size > MAX_SETS_BYTES or len(kept) == MAX_SETS:
            break
        kept.append(unit)
    kept.reverse()
    return b"".join(START_CODE + unit for unit in sorted(kept, key=kind_of))
