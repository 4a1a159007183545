"""A picture on its way to viewers, and what turns it into bytes for them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """What viewers are shown. `received_at` is monotonic seconds; `live` is false for a stand-in."""

    camera_key: str | None
    jpeg: bytes
    captured_at_ns: int
    received_at: float
    live: bool


Framing = Callable[[Picture], bytes]
"""Makes a picture the bytes that a kind of client reads, from where the previous one ended to where the next begins.

A pure function: a feed calls each framing once per picture and offers the same bytes to all who read it.
"""
