"""Video in a container, or a playlist that pretends to be one: FFmpeg takes it apart, and may open nothing else."""

import io
from typing import Final

from services.ingest.decoding.picture_limits import PictureRefusedError
from services.ingest.sources import SourceRefusedError, SourceUnavailableError
from services.ingest.sources.ffmpeg_input import FfmpegInput
from services.ingest.sources.ffmpeg_opening import UnopenedError
from services.ingest.sources.http.content import video_format

HANDLED: Final = (UnopenedError, SourceUnavailableError, SourceRefusedError, PictureRefusedError)
MAX_BYTES: Final = 16 * 1024
MAX_PIXELS: Final = 640 * 480
_OPTIONS: Final = {"fpsprobesize": "0", "analyzeduration": "200000", "probesize": "500000"}
_MOST_PACKETS: Final = 50


class _Body:
    """An answer's body, which has arrived already. It can't seek."""

    deadline = 0.0

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, count: int) -> bytes:
        return self._data.read(count)


def read(data: bytes) -> None:
    """FFmpeg is asked only for the formats that it is asked for in the service."""
    container_format = video_format(data[:16])
    if container_format is None:
        return
    reader = FfmpegInput(
        _Body(data),
        _OPTIONS,
        open_seconds=10.0,
        stall_seconds=10.0,
        max_pixels=MAX_PIXELS,
        container_format=container_format,
    )
    try:
        for _ in range(_MOST_PACKETS):
            reader.read()
            picture = reader.picture()
            assert picture is None or picture.width * picture.height <= 2 * MAX_PIXELS
    finally:
        reader.close()
