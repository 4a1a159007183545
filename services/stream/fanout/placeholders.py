"""Placeholders, drawn once per problem and off the loop. Owns their cache and the drawing tasks; the look is
`placeholder_image`'s.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final

from services.stream.fanout.cameras import Problem
from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import MAX_PIXELS, Picture
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

log = get_logger(__name__)


GROUND_SECONDS: Final = 1.0
"""A problem that comes and goes is drawn over its newest last picture at most this often, however many ask for it."""
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Placeholder:
    problem: Problem
    size: Size | None
    last_jpeg: bytes | None
    begun_at: float
    drawing: asyncio.Task[Picture | None]

    def is_of(self, problem: Problem, size: Size | None, last_jpeg: bytes | None) -> bool:
        if (self.problem, self.size) != (problem, size):
            return False
        return self.last_jpeg is last_jpeg or time.monotonic() - self.begun_at < GROUND_SECONDS


class Placeholders:
    """At most one per feed, that of its present problem, and beside it a plain one and one for guests where their words
    are others. `on_drawn` is called when one has been drawn.

    No last picture of more than `max_pixels` is decoded for one. They are drawn one after the other, because each takes
    up to 110 MB while it is drawn; `turn` is shared with everything else that decodes here. Their times are those of
    `zone`.
    """

    def __init__(
        self,
        on_drawn: Callable[[], None],
        *,
        turn: asyncio.Lock | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        zone: tzinfo = UTC,
    ) -> None:
        self._max_pixels = max_pixels
        self._zone = zone
        self._on_drawn = on_drawn
        self._turn = turn or asyncio.Lock()
        self._by_feed: dict[Feed, _Placeholder] = {}
        self._for_guests: dict[Feed, _Placeholder] = {}
        self._plain: dict[Feed, _Placeholder] = {}

    def picture(
        self, feed: Feed, problem: Problem, size: Size | None, *, is_for_guests: bool = False
    ) -> Picture | None:
        """The feed's placeholder for `problem`; None while it is being drawn, some 20 ms. `size` is in pixels."""
        placeholders = self._for_guests if is_for_guests else self._by_feed
        drawing = self._drawing(placeholders, feed, problem, size, feed.last_live_jpeg)
        return drawing.result() if drawing.done() else None

    async def drawn(
        self, feed: Feed, problem: Problem, size: Size | None, *, is_for_guests: bool = False
    ) -> Picture | None:
        """The same, waited for. While it lasts, the problem is drawn once, however many ask."""
        placeholders = self._for_guests if is_for_guests else self._by_feed
        return await asyncio.shield(self._drawing(placeholders, feed, problem, size, feed.last_live_jpeg))

    async def plain(self, feed: Feed, problem: Problem, size: Size | None) -> Picture | None:
        """The same without the last picture beneath it: drawn once, though the camera goes on sending new ones. It
        changes nothing that the feed's viewers are shown.
        """
        return await asyncio.shield(self._drawing(self._plain, feed, problem, size, None))

    def _drawing(
        self,
        placeholders: dict[Feed, _Placeholder],
        feed: Feed,
        problem: Problem,
        size: Size | None,
        last_jpeg: bytes | None,
    ) -> asyncio.Task[Picture | None]:
        placeholder = placeholders.get(feed)
        # Another one is drawn when this one is done: problems may change more often than one can draw.
        if placeholder is None or (placeholder.drawing.done() and not placeholder.is_of(problem, size, last_jpeg)):
            drawing = asyncio.create_task(self._draw(feed.camera_key, problem, size, last_jpeg))
            drawing.add_done_callback(lambda _: self._on_drawn())
            placeholder = _Placeholder(problem, size, last_jpeg, time.monotonic(), drawing)
            placeholders[feed] = placeholder
        return placeholder.drawing

    async def _draw(
        self, camera_key: str | None, problem: Problem, size: Size | None, last_jpeg: bytes | None
    ) -> Picture | None:
        """None when even the plain placeholder can't be drawn. Nothing that a camera sent may end the replica."""
        async with self._turn:
            # The size of a last picture is the camera's. One that is too large to draw is a guess, too.
            is_guess = last_jpeg is None if size is None else size[0] * size[1] > MAX_PIXELS
            for ground in ((size, last_jpeg), (None, None)):
                try:
                    jpeg = await asyncio.to_thread(_drawn, problem, *ground, self._max_pixels, self._zone)
                except Exception as error:  # noqa: BLE001 a decoder raises what it likes, and memory may be short
                    log.warning("placeholder not drawn", camera=camera_key, why=repr(error))
                    is_guess = True
                else:
                    now = time.monotonic()
                    return Picture(camera_key, jpeg, time.time_ns(), now, live=False, is_guess=is_guess)
        return None


def _drawn(
    problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None, max_pixels: int, zone: tzinfo
) -> bytes:
    """The first one loads Pillow: 5 MB that a replica does without while its cameras are live."""
    from services.stream.fanout.placeholder_image import draw_placeholder  # noqa: PLC0415

    return draw_placeholder(problem, size, last_jpeg, max_pixels, zone)
