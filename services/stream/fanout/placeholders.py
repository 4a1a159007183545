"""Placeholders, drawn once per problem and off the loop. Owns their cache and the drawing tasks; the look is
`placeholder_image`'s.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo

from services.stream.fanout.cameras import Problem
from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import Picture
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Placeholder:
    problem: Problem
    drawing: asyncio.Task[Picture | None]


class Placeholders:
    """At most one per feed: that of its present problem. `on_drawn` is called when one has been drawn.

    No last picture of more than `max_pixels` is decoded for one. They are drawn one after the other, because each takes
    up to 110 MB while it is drawn. Their times are those of `zone`.
    """

    def __init__(
        self, on_drawn: Callable[[], None], *, max_pixels: int = DEFAULT_MAX_PIXELS, zone: tzinfo = UTC
    ) -> None:
        self._max_pixels = max_pixels
        self._zone = zone
        self._on_drawn = on_drawn
        self._turn = asyncio.Lock()
        self._by_feed: dict[Feed, _Placeholder] = {}

    def picture(self, feed: Feed, problem: Problem, size: tuple[int, int] | None) -> Picture | None:
        """The feed's placeholder for `problem`; None while it is being drawn, some 20 ms. `size` is in pixels."""
        placeholder = self._by_feed.get(feed)
        # Another one is drawn when this one is done: problems may change more often than one can draw.
        if placeholder is None or (placeholder.problem != problem and placeholder.drawing.done()):
            drawing = asyncio.create_task(self._draw(feed.camera_key, problem, size, feed.last_live_jpeg))
            drawing.add_done_callback(lambda _: self._on_drawn())
            placeholder = self._by_feed[feed] = _Placeholder(problem, drawing)
        return placeholder.drawing.result() if placeholder.drawing.done() else None

    async def _draw(
        self, camera_key: str | None, problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None
    ) -> Picture | None:
        """None when even the plain placeholder can't be drawn. Nothing that a camera sent may end the replica."""
        async with self._turn:
            for ground in ((size, last_jpeg), (None, None)):
                try:
                    jpeg = await asyncio.to_thread(_drawn, problem, *ground, self._max_pixels, self._zone)
                except Exception as error:  # noqa: BLE001 a decoder raises what it likes, and memory may be short
                    log.warning("placeholder not drawn", camera=camera_key, why=repr(error))
                else:
                    return Picture(camera_key, jpeg, time.time_ns(), time.monotonic(), live=False)
        return None


def _drawn(
    problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None, max_pixels: int, zone: tzinfo
) -> bytes:
    """The first one loads Pillow: 5 MB that a replica does without while its cameras are live."""
    from services.stream.fanout.placeholder_image import draw_placeholder  # noqa: PLC0415

    return draw_placeholder(problem, size, last_jpeg, max_pixels, zone)
