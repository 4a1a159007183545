"""Pictures at a lower quality: what they cost at most."""

import asyncio
import io
import threading

import pytest
from PIL import Image

from services.stream.fanout import recompression
from services.stream.fanout.picture import Picture
from services.stream.fanout.recompression import Recompression
from tests.support.bus import jpeg_picture


def picture(level: int = 100) -> Picture:
    return Picture("cam1", jpeg_picture(level), 10**18, 5.0 + level, live=True)


async def test_each_quality_is_made_once_a_second_for_a_size_of_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask, and however fast the camera is."""
    made: list[int] = []

    def make(jpeg: bytes, quality: int, _pixels: int) -> bytes:
        made.append(quality)
        return jpeg

    monkeypatch.setattr(recompression, "_recompressed", make)
    small = Recompression(asyncio.Lock())
    first = await small.picture(picture(1), None, 20)
    assert await small.picture(picture(2), None, 11) is first
    await small.picture(picture(3), None, 21)
    await small.picture(picture(3), 32, 20)
    await small.picture(picture(3), None, 95)
    assert made == [20, 30, 20, 100]
    async with asyncio.timeout(20):
        while small._results:
            await asyncio.sleep(0.02)
    assert await small.picture(picture(4), None, 20) is not first
    assert len(small._results) == 1, "what is old is forgotten"


async def test_one_at_a_time_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes up to 110 MB meanwhile."""
    working, most = 0, 0
    lock = threading.Lock()

    def work(jpeg: bytes, _quality: int, _pixels: int) -> bytes:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        threading.Event().wait(0.02)
        with lock:
            working -= 1
        return jpeg

    monkeypatch.setattr(recompression, "_recompressed", work)
    small = Recompression(asyncio.Lock())
    await asyncio.gather(*(small.picture(picture(), None, quality) for quality in (10, 20, 30, 40)))
    assert most == 1


@pytest.mark.parametrize("jpeg", [b"\xff\xd8 broken", jpeg_picture(1, 200, 100)], ids=["broken", "large"])
async def test_what_cannot_be_made_keeps_its_quality(jpeg: bytes) -> None:
    """A picture is better than none."""
    small = Recompression(asyncio.Lock(), max_pixels=200 * 100 - 1)
    given = picture()._replace(jpeg=jpeg)
    assert (await small.picture(given, None, 10)).jpeg == jpeg


async def test_the_picture_stays_the_same_size_and_time() -> None:
    """Only its bytes are fewer."""
    noise = io.BytesIO()
    Image.effect_noise((64, 48), 90).convert("RGB").save(noise, "JPEG", quality=90)
    given = picture()._replace(jpeg=noise.getvalue())
    smaller = await Recompression(asyncio.Lock()).picture(given, None, 10)
    assert smaller._replace(jpeg=b"") == given._replace(jpeg=b"")
    assert len(smaller.jpeg) < len(given.jpeg) / 2
    assert Image.open(io.BytesIO(smaller.jpeg)).size == (64, 48)
