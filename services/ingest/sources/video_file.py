"""A video file that behaves as a camera does: at its own pace, for ever."""

import time
from typing import Final

import cv2

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.video_capture import VideoCaptureSource

MAX_FPS: Final = 120.0
USUAL_FPS: Final = 25.0


class VideoFileSource(VideoCaptureSource):
    """Loops the file at `url`. A file that can't be read to its end is begun anew at the point of failure."""

    reads_packets = False
    """A file changes no size, and every frame of it is decoded to keep its place when it begins anew."""

    def open(self) -> None:
        super().open()
        fps = self._opened().get(cv2.CAP_PROP_FPS)
        self._period_seconds = 1 / (fps if 0 < fps <= MAX_FPS else USUAL_FPS)
        self._due_at = time.monotonic()

    def grab(self) -> bool:
        try:
            super().grab()
        except SourceUnavailableError:
            self._opened().set(cv2.CAP_PROP_POS_FRAMES, 0)
            self._grab_first()
        self._due_at = max(self._due_at + self._period_seconds, time.monotonic() - self._period_seconds)
        time.sleep(max(0.0, self._due_at - time.monotonic()))
        return True

    def _grab_first(self) -> None:
        try:
            super().grab()
        except SourceUnavailableError:
            raise SourceUnavailableError("The video file holds no picture that can be decoded.") from None
