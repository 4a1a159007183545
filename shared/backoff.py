"""How long to wait before the next try: longer after each failure, and never for ever. Pure."""

from typing import Final

_MOST_DOUBLINGS: Final = 30
"""A cap on the exponent: without it, a night of failures overflows the float."""


def backoff_seconds(first: float, longest: float, failures: int) -> float:
    """`first` seconds after no earlier failure, twice as long after each further one, at most `longest`."""
    return min(first * 2.0 ** min(failures, _MOST_DOUBLINGS), longest)


class Backoff:
    """The same for a loop: ask for the next wait after each failure, and reset after a success. One thread."""

    def __init__(self, first_seconds: float, longest_seconds: float) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._failures = 0

    def next_seconds(self) -> float:
        """The wait before the next try; the one after it is twice as long."""
        seconds = backoff_seconds(self._first_seconds, self._longest_seconds, self._failures)
        self._failures += 1
        return seconds

    def reset(self) -> None:
        """A try succeeded."""
        self._failures = 0
