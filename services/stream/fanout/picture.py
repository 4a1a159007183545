"""A picture on its way to viewers, and the functions that turn it into bytes for them."""

from collections.abc import Callable
from typing import Final, NamedTuple

MAX_PIXELS: Final = 3840 * 2160
"""No larger placeholder is drawn, and no larger picture recompressed: drawing takes some 13 bytes a pixel."""


class Picture(NamedTuple):
    """What viewers are shown. `received_at` is monotonic seconds; `live` is false for a placeholder.

    `captured_at_ns` is by the clock of ingest's host, which may be wrong, so the age is never computed from it.
    """

    camera_key: str | None
    jpeg: bytes
    captured_at_ns: int
    received_at: float
    live: bool
    seconds_under_way: float = 0.0
    """How old it was when it arrived."""
    is_guess: bool = False
    """Whether a placeholder has a size of its own, because the camera's is not known or too large to draw."""

    def age_seconds(self, now: float) -> float:
        return now - self.received_at + self.seconds_under_way


Framing = Callable[[Picture], bytes]
"""Turns a picture into the bytes that one kind of client reads, from where the last picture ended to the next's start.

A pure function: a feed calls each framing once per picture and offers the same bytes to all viewers that read it.
"""
