"""The audience: every viewer of this replica with where it sits. Owns who watches what, at which size, and who is cut.

Feeds show pictures to their viewers; which feed a viewer belongs to, now and when its link changes, is decided here.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.stream.fanout.auto_quality import Adaptation
from services.stream.fanout.feed import Feed
from services.stream.fanout.viewer import Viewer
from shared.logs import get_logger

LINGER_SECONDS: Final = 2.0
"""A feed stays subscribed so long after its last viewer: a reload costs no new start."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What a viewer asked for. `camera_key` None is the default camera before it is known, `width` None its size."""

    camera_key: str | None
    width: int | None = None
    adaptive: bool = False


@dataclass(eq=False, slots=True)
class _Seat:
    wish: ViewRequest
    feed: Feed
    adaptation: Adaptation | None
    arrived_bytes: int
    unchanged_since: float


class Audience:
    """`ladder` names the renditions that serve a wish, best first; `feed_of` gives the feed of a camera's rendition."""

    def __init__(
        self,
        ladder: Callable[[ViewRequest], list[str]],
        feed_of: Callable[[str | None, str], Feed],
        stall_seconds: float,
    ) -> None:
        self._ladder = ladder
        self._feed_of = feed_of
        self._stall_seconds = stall_seconds
        self._seats: dict[Viewer, _Seat] = {}
        self._counts: Counter[str | None] = Counter()

    def __len__(self) -> int:
        return len(self._seats)

    def seat(self, viewer: Viewer, wish: ViewRequest) -> Feed:
        """Let a viewer watch; the feed it was given."""
        now = time.monotonic()
        feed = self._feed_of(wish.camera_key, self._ladder(wish)[0])
        feed.add(viewer)
        self._counts[wish.camera_key] += viewer not in self._seats
        self._seats[viewer] = _Seat(wish, feed, Adaptation(now) if wish.adaptive else None, 0, now)
        return feed

    def leave(self, viewer: Viewer) -> None:
        """A viewer has gone. Harmless when it was never there."""
        seat = self._seats.pop(viewer, None)
        if seat is not None:
            self._counts[seat.wish.camera_key] -= 1
            self._vacate(viewer, seat)

    def of_camera(self, camera_key: str | None) -> list[tuple[Viewer, ViewRequest]]:
        return [(viewer, seat.wish) for viewer, seat in self._seats.items() if seat.wish.camera_key == camera_key]

    def counts(self) -> Counter[str]:
        """Viewers by camera."""
        return Counter({key: count for key, count in self._counts.items() if key is not None and count})

    def close(self) -> None:
        for viewer in tuple(self._seats):
            viewer.close()

    def check(self, now: float) -> None:
        """About once a second: cut who makes no progress at all, and move who has too little or enough of it."""
        for viewer, seat in tuple(self._seats.items()):
            if self._has_stalled(viewer, seat, now):
                log.info("viewer stalled", camera=seat.wish.camera_key, seconds=self._stall_seconds)
                viewer.abort()
            elif seat.adaptation is not None:
                self._adapt(viewer, seat, seat.adaptation, now)

    def _has_stalled(self, viewer: Viewer, seat: _Seat, now: float) -> bool:
        # What is unfinished alone may be the same at each look: the one part that is on a long way just then.
        unfinished = viewer.unfinished_bytes()
        arrived = viewer.written_bytes - unfinished
        if unfinished == 0 or arrived != seat.arrived_bytes:
            seat.arrived_bytes, seat.unchanged_since = arrived, now
        return now - seat.unchanged_since >= self._stall_seconds and unfinished > 0

    def _adapt(self, viewer: Viewer, seat: _Seat, adaptation: Adaptation, now: float) -> None:
        ladder = self._ladder(seat.wish)
        if adaptation.observe(now, viewer.offered, viewer.taken, lowest_level=len(ladder) - 1):
            self._vacate(viewer, seat)
            seat.feed = self._feed_of(seat.wish.camera_key, ladder[min(adaptation.level, len(ladder) - 1)])
            seat.feed.add(viewer)

    def _vacate(self, viewer: Viewer, seat: _Seat) -> None:
        seat.feed.remove(viewer)
        seat.feed.want_until(time.monotonic() + LINGER_SECONDS)
