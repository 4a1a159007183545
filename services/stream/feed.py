"""A feed: the pictures of one camera at one size, and those who watch. Owns the fan-out pass.

It knows no bus: whoever holds it subscribes while it `is_wanted` and hands in what comes.
"""

import asyncio
from typing import Final

from services.stream.picture import Framing, Picture
from services.stream.viewer import Viewer


class Feed:
    """Viewers come and go; every picture is offered to all of them in one pass."""

    def __init__(self, camera_key: str | None, rendition: str) -> None:
        self.camera_key: Final = camera_key
        self.rendition: Final = rendition
        self.viewers: set[Viewer] = set()
        self.newest: Picture | None = None
        """The newest live picture, while the feed is subscribed to and the camera delivers."""
        self.last_live_jpeg: bytes | None = None
        self.subscribed_at = float("-inf")
        self.shown: Picture | None = None
        self.shown_at = float("-inf")
        self._wanted_until = float("-inf")
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

    def show(self, picture: Picture, now: float) -> None:
        """The fan-out pass: each framing's bytes are built once, and the same bytes offered to all."""
        self.shown, self.shown_at = picture, now
        parts: dict[Framing, bytes] = {}
        for viewer in self.viewers:
            if viewer.pacer is not None and not viewer.pacer.admits(now):
                continue
            part = parts.get(viewer.framing)
            if part is None:
                part = parts[viewer.framing] = viewer.framing(picture)
            viewer.offer(part, now)

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
