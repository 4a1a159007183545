"""When a camera's reader is exchanged for another one, and whether the present one has proved itself."""

from typing import Final

from services.ingest.sources import OpenSource
from shared.clock import NS_PER_SECOND, Clock

CAPTURE_MARGIN_SECONDS: Final = 60.0
"""No reader is exchanged for this long before the next archived picture."""
IDLE_SECONDS: Final = 5.0
"""Nor before nobody has wanted pictures for this long."""


class ReaderExchange:
    """The camera's thread calls it; any thread may read `shows_pictures`.

    Another reader needs the first one closed, because a camera may allow one session at a time.
    """

    def __init__(self, open_source: OpenSource, clock: Clock, *, capture_interval_seconds: int) -> None:
        self._open_source = open_source
        self._clock = clock
        self._interval_seconds = capture_interval_seconds
        self.shows_pictures = False
        """Whether a clean picture came on the present connection."""
        self.is_under_way = False
        """Whether the reader was exchanged while nobody needed a picture, so that its failure is nobody's news."""

    @property
    def has_choice(self) -> bool:
        """Whether another reader may do better where this one makes no picture of what arrives."""
        return self._open_source.has_choice

    @property
    def needs_proof(self) -> bool:
        """Whether a picture is needed to know that this is the right reader, though nobody wants one."""
        return self.has_choice and not self.shows_pictures

    def begin_if_due(self, idle_seconds: float) -> bool:
        """Whether the connection is to be closed now so that another reader is tried, while nobody wants pictures."""
        capture_in_seconds = self._interval_seconds - self._clock.utc_ns() / NS_PER_SECOND % self._interval_seconds
        self.is_under_way = (
            self._open_source.prefers_another
            and capture_in_seconds > CAPTURE_MARGIN_SECONDS
            and idle_seconds >= IDLE_SECONDS
        )
        return self.is_under_way

    def picture_came(self) -> None:
        """A clean picture came through the present reader."""
        if not self.shows_pictures:
            self.shows_pictures, self.is_under_way = True, False
            self._open_source.worked()

    def connection_ended(self) -> None:
        self.shows_pictures = False
