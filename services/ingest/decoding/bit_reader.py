"""Reads the bits of parameter sets: numbers of fixed length and Exp-Golomb codes. Pure."""

from typing import Final

MAX_CODE_ZEROS: Final = 32
"""A code with more zeros before its first one is longer than any number that a standard allows."""


class BitReader:
    """From the first bit of `data` on. Behind its end it reads zeros, as FFmpeg does."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_past_end(self) -> bool:
        return self._at > 8 * len(self._data)

    def skip(self, count: int) -> None:
        self._at += count

    def bits(self, count: int) -> int:
        """The next `count` bits as a number, 64 at most."""
        first, offset = divmod(self._at, 8)
        window = self._data[first : first + 9].ljust(9, b"\0")
        self._at += count
        return int.from_bytes(window, "big") >> (72 - offset - count) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """The next Exp-Golomb code, `ue(v)` in the standards (ITU-T H.264, 9.1)."""
        zeros = 0
        while zeros < MAX_CODE_ZEROS and not self.bits(1):
            zeros += 1
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """The next Exp-Golomb code as `se(v)`: 1, -1, 2, -2, …"""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
