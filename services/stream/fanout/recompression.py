"""Recompression: a picture at a lower JPEG quality than the camera's, for snapshots. Owns the cache of its results.

It decodes and encodes, some 2 ms at 640x360 and 20 ms at 1920x1080, so what a client can make us do is bounded: ten
qualities, each made at most once a second for a size of a camera, one at a time, at most half of the time.
"""

import asyncio
import io
import time
from typing import Final

from services.stream.fanout.picture import MAX_PIXELS, Picture
from shared.jpeg_segments import scan_count
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

STEP: Final = 10
"""Qualities are rounded up to a multiple of this."""
KEPT_SECONDS: Final = 1.0
log = get_logger(__name__)


class Recompression:
    """On the loop; the work itself is done on a thread. A picture of more than `max_pixels`, or larger than any
    placeholder, keeps its quality.

    `turn` is shared with everything else that decodes here, because each takes up to 110 MB while it works.
    """

    def __init__(self, turn: asyncio.Lock, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self._turn = turn
        self._own_turn = asyncio.Lock()
        """Pictures to recompress wait here, so that a placeholder waits for one of them at most."""
        self._max_pixels = min(max_pixels, MAX_PIXELS)
        self._results: dict[tuple[str | None, int | None, int], asyncio.Task[Picture]] = {}

    async def picture(self, picture: Picture, width: int | None, quality: int) -> Picture:
        """`picture`, or one at most `KEPT_SECONDS` older, at about `quality`. As it is where that can't be made."""
        step = min(100, -(-quality // STEP) * STEP)
        wanted = (picture.camera_key, width, step)
        if wanted not in self._results:
            until = time.monotonic() + KEPT_SECONDS
            making = self._results[wanted] = asyncio.create_task(self._make(picture, step))
            making.add_done_callback(lambda _: self._forget_at(until, wanted))
        return await asyncio.shield(self._results[wanted])

    def _forget_at(self, until: float, wanted: tuple[str | None, int | None, int]) -> None:
        asyncio.get_running_loop().call_later(until - time.monotonic(), self._results.pop, wanted)

    async def _make(self, picture: Picture, quality: int) -> Picture:
        async with self._own_turn:
            async with self._turn:
                begun_at = time.monotonic()
                try:
                    jpeg = await asyncio.to_thread(_recompressed, picture.jpeg, quality, self._max_pixels)
                except Exception as error:  # noqa: BLE001 a decoder raises what it likes, and memory may be short
                    log.warning("picture not recompressed", camera=picture.camera_key, why=repr(error))
                    return picture
                took_seconds = time.monotonic() - begun_at
            await asyncio.sleep(took_seconds)  # half of the time is others'
            return picture._replace(jpeg=jpeg) if len(jpeg) < len(picture.jpeg) else picture


def _recompressed(jpeg: bytes, quality: int, max_pixels: int) -> bytes:
    from PIL import Image  # noqa: PLC0415 4 MB that a replica does without until somebody asks for a quality

    scan_count(jpeg)  # raises for one that would cost more than a picture may
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        if picture.width * picture.height > max_pixels:
            raise OSError("a larger picture than is allowed")
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
