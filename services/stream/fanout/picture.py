"""A picture on its way to viewers, and what turns it into bytes for them."""

from collections.abc import Callable
from typing import NamedTuple


class Picture(NamedTuple):
    """What viewers are shown. `received_at` is monotonic seconds; `live` is false for a stand-in.

    `captured_at_ns` is by the clock of ingest's host, which may be wrong: the age is not to be computed from it.
    """

    camera_key: str | None
    jpeg: bytes
    captured_at_ns: int
    received_at: float
    live: bool
    seconds_under_way: float = 0.0
    """How old it was when it came."""

    def age_seconds(self, now: float) -> float:
        return now - self.received_at + self.seconds_under_way


Framing = Callable[[Picture], bytes]
"""Makes a picture the bytes that a kind of client reads, from where the previous one ended to where the next begins.

A pure function: a feed calls each framing once per picture and offers the same bytes to all who read it.
"""
