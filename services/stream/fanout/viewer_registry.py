"""The registry of a replica's viewers, each with its feed. Decides which are moved to another size, and which are cut.

A feed shows pictures to its viewers. The registry puts a viewer on a feed, and on another one when its connection gets
better or worse.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from services.stream.fanout.auto_quality import AutoQuality
from services.stream.fanout.feed import Feed
from services.stream.fanout.feeds import Feeds
from services.stream.fanout.viewer import Viewer
from shared.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What a viewer asked for. `camera_key` None is the default camera, not known yet; `width` None is its own size."""

    camera_key: str | None
    width: int | None = None
    auto_quality: bool = False


@dataclass(eq=False, slots=True)
class _Entry:
    request: ViewRequest
    feed: Feed
    auto_quality: AutoQuality | None
    arrived_bytes: int
    unchanged_since: float


class ViewerRegistry:
    """A viewer that makes no progress for `stall_seconds` is cut. `loop_seconds` is the time that this is judged by."""

    def __init__(self, feeds: Feeds, stall_seconds: float, loop_seconds: Callable[[], float] = time.monotonic) -> None:
        self._feeds = feeds
        self._stall_seconds = stall_seconds
        self._loop_seconds = loop_seconds
        self._entries: dict[Viewer, _Entry] = {}
        self._counts: Counter[str | None] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, viewer: Viewer, request: ViewRequest) -> Feed:
        """Put a viewer on the feed that serves its request best, and return that feed."""
        now = self._loop_seconds()
        rendition = self._feeds.ladder(request.camera_key, request.width)[0]
        feed = self._feeds.join(viewer, request.camera_key, rendition)
        self._counts[request.camera_key] += viewer not in self._entries
        self._entries[viewer] = _Entry(request, feed, AutoQuality(now) if request.auto_quality else None, 0, now)
        return feed

    def remove(self, viewer: Viewer) -> None:
        """Harmless when the viewer is not here."""
        entry = self._entries.pop(viewer, None)
        if entry is not None:
            self._counts[entry.request.camera_key] -= 1
            self._feeds.leave(viewer, entry.feed)

    def feed_of(self, viewer: Viewer) -> Feed | None:
        """None where the viewer is not here."""
        entry = self._entries.get(viewer)
        return None if entry is None else entry.feed

    def of_camera(self, camera_key: str | None) -> list[tuple[Viewer, ViewRequest]]:
        return [
            (viewer, entry.request) for viewer, entry in self._entries.items() if entry.request.camera_key == camera_key
        ]

    def counts(self) -> Counter[str]:
        """Viewers by camera."""
        return Counter({key: count for key, count in self._counts.items() if key is not None and count})

    def close(self) -> None:
        for viewer in tuple(self._entries):
            viewer.close()

    def check(self, now: float) -> None:
        """About once a second: cut the viewers that make no progress, and move those whose connection has changed."""
        for viewer, entry in tuple(self._entries.items()):
            if self._has_stalled(viewer, entry, now):
                log.info("viewer stalled", camera=entry.request.camera_key, seconds=self._stall_seconds)
                viewer.abort()
            elif entry.auto_quality is not None:
                self._adapt(viewer, entry, entry.auto_quality, now)

    def _has_stalled(self, viewer: Viewer, entry: _Entry, now: float) -> bool:
        # On a long path one picture is always in flight, so compare the bytes that arrived, not those outstanding.
        unfinished = viewer.unfinished_bytes()
        arrived = viewer.written_bytes - unfinished
        if unfinished == 0 or arrived != entry.arrived_bytes:
            entry.arrived_bytes, entry.unchanged_since = arrived, now
        return now - entry.unchanged_since >= self._stall_seconds and unfinished > 0

    def _adapt(self, viewer: Viewer, entry: _Entry, auto_quality: AutoQuality, now: float) -> None:
        request = entry.request
        ladder = self._feeds.ladder(request.camera_key, request.width)
        if auto_quality.observe(now, viewer.offered, viewer.taken, lowest_level=len(ladder) - 1):
            self._feeds.leave(viewer, entry.feed)
            rendition = ladder[min(auto_quality.level, len(ladder) - 1)]
            entry.feed = self._feeds.join(viewer, request.camera_key, rendition)
