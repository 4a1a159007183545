"""The size that a sequence parameter set (SPS) of H.264 or H.265 codes. Pure.

What is shown may be a small piece of it, but a decoder takes memory for all of it. The limit is for FFmpeg's decoders,
so a set is read as they read it (ITU-T H.264, 7.3.2.1.1; ITU-T H.265, 7.3.2.2.1).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.bit_reader import BitReader

MAX_SET_BYTES: Final = 4096
"""A set's size stands behind its scaling matrices, which have fewer bytes."""
_ESCAPED, _PLAIN = b"\0\0\3", b"\0\0"
_HAS_CHROMA_FORMAT: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 138, 144, 244})
"""H.264's profiles whose sets have a chroma format and scaling matrices, as FFmpeg has them."""
_CHROMA_444: Final = 3
_MATRIX_SIZES: Final = (16, 16, 16, 16, 16, 16, 64, 64, 64, 64, 64, 64)
_MATRICES_BUT_444: Final = 8
_BLOCK: Final = 16
_MAX_CYCLE: Final = 255
_MAX_SUB_LAYERS: Final = 8
_PROFILE_BITS, _LEVEL_BITS = 88, 8

Size = tuple[int, int]
"""Width and height in pixels."""


def h264_sizes(unit: bytes) -> list[Size]:
    """The sizes that FFmpeg may take from the set `unit`, its NAL header included.

    There may be two: where FFmpeg can't read a set, it tries again without taking the escapes out.

    Raises:
        DamagedUnitError: when the set is cut. FFmpeg's last try ignores that, and reads what follows in memory.
    """
    body = unit[1 : 1 + 2 * MAX_SET_BYTES]
    sizes = [_whole(_h264_size, body.replace(_ESCAPED, _PLAIN))]
    if _ESCAPED in body:
        with suppress(DamagedUnitError):
            sizes.append(_whole(_h264_size, body))
    return sizes


def h265_sizes(unit: bytes) -> list[Size]:
    """The size in the set `unit`, its NAL header included.

    Raises:
        DamagedUnitError: when the set is cut.
    """
    return [_whole(_h265_size, unit[2 : 2 + 2 * MAX_SET_BYTES].replace(_ESCAPED, _PLAIN))]


def _whole(size_of: Callable[[BitReader], Size], body: bytes) -> Size:
    bits = BitReader(body[:MAX_SET_BYTES].rstrip(b"\0"))  # a set ends in a 1
    size = size_of(bits)
    if bits.is_past_end:
        raise DamagedUnitError("a parameter set that is cut short")
    return size


def _h264_size(bits: BitReader) -> Size:
    profile = bits.bits(8)
    bits.skip(16)  # constraints and level
    bits.unsigned()  # the set's number
    if profile in _HAS_CHROMA_FORMAT:
        _skip_chroma_format(bits)
    bits.unsigned()  # the length of frame numbers
    _skip_picture_order(bits)
    bits.unsigned()  # reference frames
    bits.skip(1)
    columns, rows = bits.unsigned() + 1, bits.unsigned() + 1
    fields = 2 - bits.bits(1)  # rows are those of a field, unless all pictures are frames
    return columns * _BLOCK, rows * _BLOCK * fields


def _skip_chroma_format(bits: BitReader) -> None:
    chroma = bits.unsigned()
    if chroma == _CHROMA_444:
        bits.skip(1)
    bits.unsigned()  # bits of a luma sample
    bits.unsigned()  # and of a chroma sample
    bits.skip(1)
    if bits.bits(1):
        for size in _MATRIX_SIZES if chroma == _CHROMA_444 else _MATRIX_SIZES[:_MATRICES_BUT_444]:
            if bits.bits(1):
                _skip_matrix(bits, size)


def _skip_matrix(bits: BitReader, size: int) -> None:
    last = 8
    for _ in range(size):
        following = (last + bits.signed()) % 256
        if not following:  # the rest is like the last one, or the default
            return
        last = following


def _skip_picture_order(bits: BitReader) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.skip(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), _MAX_CYCLE)):
            bits.signed()


def _h265_size(bits: BitReader) -> Size:
    bits.skip(4)
    sub_layers = bits.bits(3)
    bits.skip(1 + _PROFILE_BITS + _LEVEL_BITS)
    present = [(bits.bits(1), bits.bits(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.skip(2 * (_MAX_SUB_LAYERS - sub_layers))
    for has_profile, has_level in present:
        bits.skip(_PROFILE_BITS * has_profile + _LEVEL_BITS * has_level)
    bits.unsigned()  # the set's number
    if bits.unsigned() == _CHROMA_444:
        bits.skip(1)
    return bits.unsigned(), bits.unsigned()
