"""A feed: the pictures of one camera at one size, and those who watch. Owns the fan-out pass.

It knows no bus: whoever holds it subscribes while it `is_wanted` and hands in what comes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from services.stream.fanout.batch_writer import ClearLinks
from services.stream.fanout.picture import Framing, Picture
from services.stream.fanout.viewer import DirectViewer, Viewer

QUICK_PASSES: Final = 3


class _Parts(dict[Framing, bytes]):
    """A picture's bytes in each framing that is asked for."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def __missing__(self, framing: Framing) -> bytes:
        part = self[framing] = framing(self._picture)
        return part


class Feed:
    """Viewers come and go; every picture is offered to all of them in one pass."""

    def __init__(self, camera_key: str | None, rendition: str) -> None:
        self.camera_key: Final = camera_key
        self.rendition: Final = rendition
        self.viewers: dict[Viewer, None] = {}
        """A set that keeps their order."""
        self.newest: Picture | None = None
        """The newest live picture, while the feed is subscribed to and the camera delivers."""
        self.last_live_jpeg: bytes | None = None
        self.subscribed_at = float("-inf")
        self.shown: Picture | None = None
        self.shown_at = float("-inf")
        self._wanted_until = float("-inf")
        self._clear: dict[Framing, ClearLinks] = {}
        self._others: list[Viewer] = []
        self._quick_passes = 0
        """How many more pictures those with clear links are given without being asked; then they are sorted anew."""
        self._waiting: set[asyncio.Future[Picture]] = set()

    def is_wanted(self, now: float) -> bool:
        return bool(self.viewers) or now < self._wanted_until

    def want_until(self, until: float) -> None:
        self._wanted_until = max(self._wanted_until, until)

    def take(self, picture: Picture) -> None:
        """A live picture came: everybody gets it."""
        self.newest = picture
        self.last_live_jpeg = picture.jpeg
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(picture)
        self.show(picture, picture.received_at)

    def add(self, viewer: Viewer) -> None:
        self.viewers[viewer] = None
        self._others.append(viewer)

    def remove(self, viewer: Viewer) -> None:
        """Harmless when it is not there."""
        self.viewers.pop(viewer, None)
        self._quick_passes = 0
        self._settle()

    def _settle(self) -> None:
        """Serve nobody together until they are sorted anew."""
        for links in self._clear.values():
            links.settle()
        self._clear, self._others = {}, []

    def show(self, picture: Picture, now: float) -> None:
        """The fan-out pass: each framing's bytes are built once, and the same bytes offered to all."""
        self.shown, self.shown_at = picture, now
        parts = _Parts(picture)
        if self._quick_passes:
            self._quick_passes -= 1
            for framing, links in self._clear.items():
                if not links.offer(parts[framing], now):
                    self._quick_passes = 0
            self._offer_each(self._others, parts, now)
        else:
            self._settle()
            self._offer_each(self.viewers, parts, now)
            self._sort_viewers()

    @staticmethod
    def _offer_each(viewers: Iterable[Viewer], parts: Mapping[Framing, bytes], now: float) -> None:
        for viewer in viewers:
            if viewer.pacer is None or viewer.pacer.admits(now):
                viewer.offer(parts[viewer.framing], now)

    def _sort_viewers(self) -> None:
        """Into those who are served together for some passes, and others."""
        clear: defaultdict[Framing, list[DirectViewer]] = defaultdict(list)
        for viewer in self.viewers:
            if isinstance(viewer, DirectViewer) and viewer.is_clear:
                clear[viewer.framing].append(viewer)
            else:
                self._others.append(viewer)
        self._clear = {framing: ClearLinks(viewers) for framing, viewers in clear.items()}
        self._quick_passes = QUICK_PASSES

    @staticmethod
    def show_to(viewer: Viewer, picture: Picture, now: float) -> None:
        """Give a newcomer what the others have already."""
        if viewer.pacer is None or viewer.pacer.admits(now):
            viewer.offer(viewer.framing(picture), now)

    async def next_picture(self) -> Picture:
        """Wait for the next live picture."""
        waiter: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            return await waiter
        finally:
            self._waiting.discard(waiter)
