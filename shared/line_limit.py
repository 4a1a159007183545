"""Which log lines to write where others can cause any number of them. Pure: the caller gives the time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

MAX_KEYS: Final = 2000
MAX_LINES_PER_SECOND: Final = 50
"""Over all keys. Who owns many addresses could otherwise cause a line with each."""
MAX_LINES_OF_A_KIND: Final = 50
"""In one second. Two hundred cameras that start together have as many lines in some seconds."""


@dataclass(slots=True)
class _Record:
    admitted_at: float = float("-inf")
    unreported: int = 0


class LineLimit:
    """At most one line per key and `seconds`, and `MAX_LINES_PER_SECOND` over all. It remembers the newest `MAX_KEYS`.

    Used by one thread.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()
        self._second = float("-inf")
        self._lines = 0

    def admit(self, key: Hashable) -> int:
        """For how many events a line is to be written now, this one included; 0 when none is to be written."""
        record = self._records.setdefault(key, _Record())
        self._records.move_to_end(key)
        if len(self._records) > MAX_KEYS:
            self._records.popitem(last=False)
        record.unreported += 1
        now = self._monotonic()
        if now - record.admitted_at < self._seconds or not self._has_a_line_left(now):
            return 0
        count, record.unreported, record.admitted_at = record.unreported, 0, now
        return count

    def _has_a_line_left(self, now: float) -> bool:
        if now - self._second >= 1:
            self._second, self._lines = now, 0
        self._lines += 1
        return self._lines <= MAX_LINES_PER_SECOND


@dataclass(slots=True)
class _Second:
    began_at: float = float("-inf")
    lines: int = 0
    left_out: int = 0


class KindLimit:
    """At most `MAX_LINES_OF_A_KIND` lines of one kind in a second. It remembers the newest `MAX_KEYS` kinds.

    Used by one thread at a time.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seconds: OrderedDict[Hashable, _Second] = OrderedDict()

    def admit(self, kind: Hashable) -> int | None:
        """None when no line is to be written now, else how many lines of this kind were left out before it."""
        second = self._seconds.setdefault(kind, _Second())
        self._seconds.move_to_end(kind)
        if len(self._seconds) > MAX_KEYS:
            self._seconds.popitem(last=False)
        now = self._monotonic()
        if now - second.began_at >= 1:
            second.began_at, second.lines = now, 0
        if second.lines == MAX_LINES_OF_A_KIND:
            second.left_out += 1
            return None
        second.lines += 1
        left_out, second.left_out = second.left_out, 0
        return left_out
