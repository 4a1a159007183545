"""When placeholders are drawn, and how often."""

import asyncio
from typing import Any

import pytest
from PIL import Image

from services.stream.fanout.cameras import Problem
from services.stream.fanout.feed import Feed
from services.stream.fanout.placeholder_image import draw_placeholder
from services.stream.fanout.placeholders import Placeholders

OFFLINE, FROZEN = Problem("The camera is offline"), Problem("The camera's picture is frozen")
SIZE = (64, 48)


async def test_a_placeholder_is_drawn_off_the_loop_and_said_to_be_there() -> None:
    """Drawing takes some 20 ms, in which no viewer may wait."""
    drawn = asyncio.Event()
    placeholders = Placeholders(on_drawn=drawn.set)
    feed = Feed("cam1", "main")
    assert placeholders.picture(feed, OFFLINE, SIZE) is None
    await asyncio.wait_for(drawn.wait(), 20)
    picture = placeholders.picture(feed, OFFLINE, SIZE)
    assert picture is not None
    assert (picture.camera_key, picture.live) == ("cam1", False)


async def test_one_is_drawn_per_problem_and_feed() -> None:
    """It is shown every second while the problem lasts. Until one is drawn, no other one of its feed is begun."""
    drawn: asyncio.Queue[None] = asyncio.Queue()
    placeholders = Placeholders(on_drawn=lambda: drawn.put_nowait(None))
    feed, other = Feed("cam1", "main"), Feed("cam1", "32")
    placeholders.picture(feed, OFFLINE, SIZE)
    await asyncio.wait_for(drawn.get(), 20)
    first = placeholders.picture(feed, OFFLINE, SIZE)
    assert first is not None
    assert placeholders.picture(feed, Problem(OFFLINE.headline), SIZE) is first
    assert placeholders.picture(other, OFFLINE, SIZE) is None
    assert placeholders.picture(feed, FROZEN, SIZE) is None
    for number in range(20):
        placeholders.picture(feed, Problem(f"word {number}"), SIZE)
    for _ in range(2):
        await asyncio.wait_for(drawn.get(), 20)
    second = placeholders.picture(feed, FROZEN, SIZE)
    assert second is not None
    assert second.jpeg != first.jpeg
    assert drawn.empty()


@pytest.mark.parametrize("error", [MemoryError(), Image.DecompressionBombError(), SyntaxError("broken PNG")])
async def test_whatever_a_drawing_raises_the_placeholder_is_plain(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One camera's picture once ended the hub, and with it every viewer of every camera."""

    def draw(problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None, *more: Any) -> bytes:
        if size is not None:
            raise error
        return draw_placeholder(problem, size, last_jpeg, *more)

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    drawn = asyncio.Event()
    placeholders = Placeholders(on_drawn=drawn.set)
    feed = Feed("cam1", "main")
    placeholders.picture(feed, OFFLINE, SIZE)
    await asyncio.wait_for(drawn.wait(), 20)
    picture = placeholders.picture(feed, OFFLINE, SIZE)
    assert picture is not None
    assert picture.jpeg.startswith(b"\xff\xd8")


async def test_a_placeholder_that_cannot_be_drawn_at_all_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The viewers then keep what they have; the hub goes on."""

    def draw(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    drawn = asyncio.Event()
    placeholders = Placeholders(on_drawn=drawn.set)
    feed = Feed("cam1", "main")
    placeholders.picture(feed, OFFLINE, SIZE)
    await asyncio.wait_for(drawn.wait(), 20)
    assert placeholders.picture(feed, OFFLINE, SIZE) is None
