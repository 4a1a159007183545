"""Finds the sequence parameter sets (SPS) of H.264 and H.265, wherever FFmpeg would find them, and their sizes. Pure.

In a byte stream start codes divide the NAL units. Some containers put the length before each instead, and describe the
stream beside it: `extradata`, an avcC or hvcC record (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1). FFmpeg looks for start
codes there, too, so both are done here.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.byte_stream import SHORT_START_CODE
from services.ingest.decoding.coded_size import MAX_SET_BYTES, Size, h264_sizes, h265_sizes

MAX_SETS: Final = 64
"""In one access unit. H.264 has 32 numbers for them, H.265 has 16, and a camera sends one."""
_STARTS: Final = {
    "h264": re.compile(rb"\x00\x00\x01(?=[\x07\x27\x47\x67])"),
    "hevc": re.compile(rb"\x00\x00\x01(?=[\x42\x43])"),
}
"""A start code and a set's NAL header. The search takes 0.7 s for a gigabyte."""
_SIZES: Final = {"h264": h264_sizes, "hevc": h265_sizes}
_LENGTH_BYTES: Final = 2
"""Of a length in a record."""
_AVCC: Final = 1
_AVCC_LISTS, _HVCC_LISTS = 5, 22
"""Where the counts begin."""


class SequenceSets:
    """Those of one stream. `codec` is FFmpeg's name for it; other codecs than these two have none."""

    def __init__(self, codec: str, extradata: bytes = b"") -> None:
        self._codec = codec
        self._extradata = extradata
        self._length_bytes = 0
        if codec == "h264" and extradata[:1] == bytes((_AVCC,)):
            self._length_bytes = 1 + (extradata[4:5] or b"\3")[0] % 4
        elif codec == "hevc" and int.from_bytes(extradata[:3], "big") > 1:
            self._length_bytes = 1 + (extradata[21:22] or b"\3")[0] % 4

    def described_sizes(self) -> list[Size]:
        """The sizes in the extradata.

        Raises:
            DamagedUnitError: when one of the sets is cut, or there are more than `MAX_SETS`.
        """
        if not self._length_bytes:
            return self.sizes(self._extradata)
        return self._sizes_of(self._sets_of_units(_listed_units(self._codec, self._extradata)))

    def sizes(self, data: bytes) -> list[Size]:
        """The sizes in the access unit `data`; none in most of them.

        Raises:
            DamagedUnitError: when one of the sets is cut, or there are more than `MAX_SETS`.
        """
        return self._sizes_of(self._sets_in(data)) if self._codec in _STARTS else []

    def _sizes_of(self, sets: Iterator[bytes]) -> list[Size]:
        found = list(islice(sets, MAX_SETS + 1))
        if len(found) > MAX_SETS:
            raise DamagedUnitError(f"more than {MAX_SETS} parameter sets in one picture")
        return [size for unit in found for size in _SIZES[self._codec](unit)]

    def _sets_in(self, data: bytes) -> Iterator[bytes]:
        first = int.from_bytes(data[: self._length_bytes], "big")
        # FFmpeg may take a unit for a byte stream, whatever the record says: one that does not begin with a length ...
        if not 1 < first <= len(data):
            yield from self._sets_between_start_codes(data)
        # ... and surely one that begins with a start code, unless that is the length of one byte.
        if self._length_bytes and not (first == 1 and int.from_bytes(data[5:9], "big") > len(data)):
            yield from self._sets_of_units(_units_behind_lengths(data, self._length_bytes))

    def _sets_of_units(self, units: Iterator[bytes]) -> Iterator[bytes]:
        """A unit may have start codes in it."""
        for unit in units:
            yield from self._sets_between_start_codes(SHORT_START_CODE + unit)

    def _sets_between_start_codes(self, data: bytes) -> Iterator[bytes]:
        for start in _STARTS[self._codec].finditer(data):
            yield data[start.end() : start.end() + 2 * MAX_SET_BYTES].partition(SHORT_START_CODE)[0]


def _units_behind_lengths(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """The NAL units in `data`, each behind its length, as far as it goes."""
    at = 0
    while at + length_bytes < len(data):
        start = at + length_bytes
        at = start + int.from_bytes(data[at:start], "big")
        yield data[start:at]


def _listed_units(codec: str, record: bytes) -> Iterator[bytes]:
    """The NAL units in a record's lists: an avcC has two of them, an hvcC tells how many."""
    is_avcc = codec == "h264"
    at = _AVCC_LISTS if is_avcc else _HVCC_LISTS + 1
    for number in range(2 if is_avcc else (record[_HVCC_LISTS : _HVCC_LISTS + 1] or b"\0")[0]):
        if is_avcc:
            count = int.from_bytes(record[at : at + 1], "big") & (0xFF if number else 0x1F)
            at += 1
        else:
            count = int.from_bytes(record[at + 1 : at + 3], "big")
            at += 3
        for _ in range(count):
            if at >= len(record):
                return
            start = at + _LENGTH_BYTES
            at = start + int.from_bytes(record[at:start], "big")
            yield record[start:at]
