"""A feed: the pictures of one camera at one size, and the viewers that they are shown to. Owns the fan-out pass.

It does not know the bus: `Feeds` subscribes to its pictures while it `is_wanted`, and hands them in.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from services.stream.fanout.batch_writer import BatchWriter
from services.stream.fanout.picture import Framing, Picture
from services.stream.fanout.viewer import DirectViewer, Viewer
from shared import jpeg_segments

QUICK_PASSES: Final = 3


class _Parts(dict[Framing, bytes]):
    """A picture's bytes in each framing, built when first looked up."""

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
        """In the loop's time (`LoopClock`)."""
        self.shown: Picture | None = None
        self.guests_placeholder: Picture | None = None
        """What guests are shown while the others are shown a placeholder; None while it is being drawn."""
        self.shown_at = float("-inf")
        self._wanted_until = float("-inf")
        self._batches: dict[Framing, BatchWriter] = {}
        """The uncongested viewers, by their framing."""
        self._others: list[Viewer] = []
        self._quick_passes = 0
        """How many more pictures are written to the batches unchecked. Then all viewers are sorted again."""
        self._waiting: set[asyncio.Future[Picture]] = set()
        self._guessed: set[Viewer] = set()
        """The viewers that began with a guessed size. Each is ended when another size comes."""

    @property
    def has_guests(self) -> bool:
        return any(viewer.is_guest for viewer in self.viewers)

    def is_wanted(self, now: float) -> bool:
        return bool(self.viewers) or now < self._wanted_until

    def want_until(self, until: float) -> None:
        """Be wanted until then (monotonic seconds) even without viewers."""
        self._wanted_until = max(self._wanted_until, until)

    def take(self, picture: Picture) -> None:
        """Show a live picture that has just arrived to everybody."""
        self.newest = picture
        self.last_live_jpeg = picture.jpeg
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(picture)
        self.show(picture, picture.received_at)

    def add(self, viewer: Viewer) -> None:
        self.viewers[viewer] = None
        self._others.append(viewer)
        if viewer.guess is not None:
            self._guessed.add(viewer)

    def remove(self, viewer: Viewer) -> None:
        """Harmless when the viewer is not there."""
        self.viewers.pop(viewer, None)
        self._guessed.discard(viewer)
        self._quick_passes = 0
        self._dissolve_batches()

    def _dissolve_batches(self) -> None:
        """Have no batches until the viewers are sorted again."""
        for batch in self._batches.values():
            batch.settle()
        self._batches, self._others = {}, []

    def show(self, picture: Picture, now: float) -> None:
        """The fan-out pass: each framing's bytes are built once, and the same bytes offered to all."""
        self.shown, self.shown_at = picture, now
        parts = _Parts(picture)
        if self._guessed and not picture.is_guess:
            self._end_guessed(picture)
        if not picture.live:
            self._show_placeholder(picture, parts, now)
        elif self._quick_passes:
            self._quick_passes -= 1
            for framing, batch in self._batches.items():
                if not batch.offer(parts[framing], now):
                    self._quick_passes = 0
            self._offer_each(self._others, parts, now)
        else:
            self._dissolve_batches()
            self._offer_each(self.viewers, parts, now)
            self._sort_viewers()

    def _show_placeholder(self, picture: Picture, parts: Mapping[Framing, bytes], now: float) -> None:
        """Not to all: some viewers want none, and some wait for one of the right size."""
        self._dissolve_batches()
        self._offer_placeholder([viewer for viewer in self.viewers if not viewer.is_guest], picture, parts, now)
        if self.guests_placeholder is not None:
            guests = [viewer for viewer in self.viewers if viewer.is_guest]
            self._offer_placeholder(guests, self.guests_placeholder, _Parts(self.guests_placeholder), now)
        self._sort_viewers()

    def _offer_placeholder(
        self, viewers: Iterable[Viewer], picture: Picture, parts: Mapping[Framing, bytes], now: float
    ) -> None:
        taking = [viewer for viewer in viewers if viewer.accepts_placeholder(picture, now)]
        self._guessed.update(viewer for viewer in taking if viewer.guess is not None)
        self._offer_each(taking, parts, now)

    def _end_guessed(self, picture: Picture) -> None:
        """A program gives all pictures the size of the first one (OpenCV, FFmpeg), so it is to connect anew."""
        guessed, self._guessed = self._guessed, set()
        for viewer in guessed:
            if viewer.guess is not None and viewer.taken and _size(picture) != _size(viewer.guess):
                viewer.close()
            viewer.guess = None

    @staticmethod
    def _offer_each(viewers: Iterable[Viewer], parts: Mapping[Framing, bytes], now: float) -> None:
        for viewer in viewers:
            if viewer.pacer is None or viewer.pacer.admits(now):
                viewer.offer(parts[viewer.framing], now)

    def _sort_viewers(self) -> None:
        """Put the uncongested viewers into batches for some passes; the others are offered parts one by one."""
        uncongested: defaultdict[Framing, list[DirectViewer]] = defaultdict(list)
        for viewer in self.viewers:
            if isinstance(viewer, DirectViewer) and viewer.is_uncongested:
                uncongested[viewer.framing].append(viewer)
            else:
                self._others.append(viewer)
        self._batches = {framing: BatchWriter(viewers) for framing, viewers in uncongested.items()}
        self._quick_passes = QUICK_PASSES

    def show_to(self, viewer: Viewer, picture: Picture, now: float, *, at_any_rate: bool = False) -> None:
        """Give one viewer the picture that the others have already."""
        if not picture.live:
            placeholder = self.guests_placeholder if viewer.is_guest else picture
            if placeholder is None or not viewer.accepts_placeholder(placeholder, now):
                return
            picture = placeholder
        if viewer.guess is not None:
            self._guessed.add(viewer)
        if self._guessed and not picture.is_guess:
            self._end_guessed(picture)
        if at_any_rate or viewer.pacer is None or viewer.pacer.admits(now):
            viewer.offer(viewer.framing(picture), now)

    async def next_picture(self) -> Picture:
        """Wait for the next live picture."""
        waiter: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            return await waiter
        finally:
            self._waiting.discard(waiter)


def _size(picture: Picture) -> tuple[int, int] | None:
    try:
        return jpeg_segments.size(picture.jpeg)
    except jpeg_segments.JpegError:
        return None
