"""Stand-ins, drawn once per problem and off the loop. Owns the cache and the drawing tasks; plates.py owns the look."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import Picture
from services.stream.fanout.placeholder_image import Problem, draw_plate


@dataclass(slots=True)
class _StandIn:
    problem: Problem
    drawing: asyncio.Task[Picture]


class StandIns:
    """One stand-in per feed at the most: that of its present problem. `on_drawn` is called when one is there."""

    def __init__(self, on_drawn: Callable[[], None]) -> None:
        self._on_drawn = on_drawn
        self._by_feed: dict[Feed, _StandIn] = {}

    def picture(self, feed: Feed, problem: Problem, size: tuple[int, int] | None) -> Picture | None:
        """The feed's stand-in for `problem`; None while it is being drawn, some 20 ms. `size` is in pixels."""
        stand_in = self._by_feed.get(feed)
        if stand_in is None or stand_in.problem != problem:
            drawing = asyncio.create_task(_draw(feed.camera_key, problem, size, feed.last_live_jpeg))
            drawing.add_done_callback(lambda _: self._on_drawn())
            stand_in = self._by_feed[feed] = _StandIn(problem, drawing)
        return stand_in.drawing.result() if stand_in.drawing.done() else None


async def _draw(
    camera_key: str | None, problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None
) -> Picture:
    jpeg = await asyncio.to_thread(draw_plate, problem, size, last_jpeg)
    return Picture(camera_key, jpeg, time.time_ns(), time.monotonic(), live=False)
