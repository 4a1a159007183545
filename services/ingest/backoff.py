"""How long to wait before the next try: longer after each failure, and never for ever."""

_MOST_DOUBLINGS = 30
"""Beyond all limits; without one of its own a power of two outgrows any number after a night of failures."""


def backoff_seconds(first: float, longest: float, failures: int) -> float:
    """`first` seconds after no failure before this one, twice as long after each, `longest` at the most."""
    return min(first * 2.0 ** min(failures, _MOST_DOUBLINGS), longest)
