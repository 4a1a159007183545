"""A video file that behaves as a camera does: at its own pace, for ever."""

import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.ffmpeg_input import FfmpegInput
from services.ingest.sources.ffmpeg_opening import UnopenedError
from shared.settings import DEFAULT_MAX_PIXELS

READ_SECONDS: Final = 5.0
"""Files may be on a network drive that is away."""


class VideoFileSource:
    """Loops the file at `path`. A file that can't be read to its end is begun anew at the point of failure."""

    def __init__(self, path: str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self._path = path
        self._max_pixels = max_pixels
        self._input: FfmpegInput | None = None

    def open(self) -> None:
        self.close()
        try:
            self._input = FfmpegInput(
                f"file:{self._path}",
                {},
                open_seconds=READ_SECONDS,
                stall_seconds=READ_SECONDS,
                max_pixels=self._max_pixels,
                is_live=False,
            )
        except UnopenedError as error:
            raise SourceUnavailableError(
                f"The video file can't be opened. FFmpeg says: {error.cause.strerror}"
            ) from None
        self._period_seconds = 1 / self._input.fps
        self._due_at = time.monotonic()

    def grab(self) -> bool:
        try:
            self._opened().read()
        except SourceUnavailableError:
            self._begin_again()
        self._due_at = max(self._due_at + self._period_seconds, time.monotonic() - self._period_seconds)
        time.sleep(max(0.0, self._due_at - time.monotonic()))
        return True

    def retrieve(self) -> Picture | None:
        return self._opened().picture()

    def late_seconds(self) -> float:
        """Nobody waits for a file."""
        return 0.0

    def interrupt(self) -> None:
        """A grab is over in a moment anyway."""

    def facts(self) -> SourceFacts:
        return SourceFacts(codec=None if self._input is None else self._input.codec)

    def close(self) -> None:
        opened, self._input = self._input, None
        if opened is not None:
            opened.close()

    def _begin_again(self) -> None:
        try:
            self._opened().rewind()
        except SourceUnavailableError:
            self.open()  # a kind of file in which FFmpeg can't go back
        try:
            self._opened().read()
        except SourceUnavailableError:
            raise SourceUnavailableError("The video file holds no picture that can be decoded.") from None

    def _opened(self) -> FfmpegInput:
        if self._input is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._input
