"""Exponential backoff: how long to wait before the next try. Pure."""

from typing import Final

_MOST_DOUBLINGS: Final = 30
"""Without a limit on the exponent, a night of failures would overflow the float."""


def backoff_seconds(first: float, longest: float, failures: int) -> float:
    """The wait after `failures` earlier failures: `first` seconds for none, doubled for each, at most `longest`."""
    return min(first * 2.0 ** min(failures, _MOST_DOUBLINGS), longest)


class Backoff:
    """The same for a retry loop: `next_seconds` after each failure, `reset` after a success. Used by one thread."""

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._failures = 0

    def next_seconds(self) -> float:
        """The wait before the next try. The wait after that one is twice as long."""
        seconds = backoff_seconds(self._first_seconds, self._longest_seconds, self._failures)
        self._failures += 1
        return seconds

    def reset(self) -> None:
        """A try succeeded."""
        self._failures = 0
