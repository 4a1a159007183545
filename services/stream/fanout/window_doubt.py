"""Whether a smaller window means that a program reads late, or that the window has become smaller by itself.

A kernel thinks that it has less room when smaller packets come, as from pictures in the dark (since Linux 6.6:
`tcp_measure_rcv_mss` sets `scaling_ratio` anew; on loopback and between containers, where a part is one packet). A
window's end never goes back, so the window falls with each part at first, as if nothing were read. Then it stays: as
much seems to be read as is given. A program that reads late does neither for long. Of three parts given in a second it
reads some, but not all. Pure.
"""

import enum
from typing import Final

PART_SECONDS: Final = 1 / 3
"""In doubt the next part is sent after this time at the latest."""
GROUP_PARTS: Final = 3
"""Reading is compared with sending over this many parts."""
KEEPS_UP_SHARE: Final = 0.7
"""Who reads this share of a group has read what is left of it after `PROOF_SECONDS`. What remains is the window's."""
PROOF_SECONDS: Final = 2.0
LATE_SHARE: Final = 0.5
"""If it read this share of a part more than it was given meanwhile, something was left, and it is slow."""
LATE_GROUPS: Final = 2
"""A program is slow when it read only some parts in this many groups. The end of a window's fall looks like one."""
LARGEST_FALL_BYTES: Final = 48 * 1024
LARGEST_FALL_SHARE: Final = 0.4
"""No window falls by more than the larger of the two. Measured: 50 of 127 KB, 92 of 456 KB, 56 of 1,661 KB."""


class Verdict(enum.Enum):
    """What a doubt has come to."""

    OPEN = enum.auto()
    READS_LATE = enum.auto()
    WINDOW_IS_SMALLER = enum.auto()


class WindowDoubt:
    """One doubt, from a measurement that finds parts unread until the verdict."""

    __slots__ = (
        "_given_bytes",
        "_is_proving",
        "_largest_fall",
        "_late_groups",
        "_parts",
        "_read_bytes",
        "_rounding_bytes",
        "_step_bytes",
    )

    def __init__(self, largest_window: int, step_bytes: int) -> None:
        """`step_bytes`: what windows are multiples of."""
        self._largest_fall = max(LARGEST_FALL_BYTES, LARGEST_FALL_SHARE * largest_window)
        self._step_bytes = step_bytes
        self._late_groups = 0
        self._is_proving = False
        self._begin_group()

    def _begin_group(self) -> None:
        self._parts = self._given_bytes = self._read_bytes = self._rounding_bytes = 0

    @property
    def longest_wait(self) -> float:
        """The next part is sent after this many seconds at the latest."""
        return PROOF_SECONDS if self._is_proving else PART_SECONDS

    def verdict(self, given_bytes: int, read_bytes: int, unread_bytes: int) -> Verdict:
        """By one more measurement: what was acknowledged and read since the one before, and what is unread now."""
        self._read_bytes += read_bytes
        if not given_bytes:
            return Verdict.OPEN
        if self._is_proving:
            has_caught_up = self._read_bytes - given_bytes > max(LATE_SHARE * given_bytes, 2 * self._step_bytes)
            return Verdict.READS_LATE if has_caught_up else Verdict.WINDOW_IS_SMALLER
        self._parts += 1
        self._given_bytes += given_bytes
        self._rounding_bytes += given_bytes % self._step_bytes
        has_read = self._read_bytes > self._rounding_bytes + self._step_bytes
        if unread_bytes > self._largest_fall and not has_read:
            return Verdict.READS_LATE
        if self._parts == GROUP_PARTS:
            self._is_proving = self._read_bytes >= KEEPS_UP_SHARE * self._given_bytes
            self._late_groups += has_read and not self._is_proving
            self._begin_group()
        return Verdict.READS_LATE if self._late_groups == LATE_GROUPS else Verdict.OPEN
