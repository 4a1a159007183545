"""The newest JPEG that arrived, as a picture once one is wanted. One thread."""

import time

from services.ingest.decoding.jpeg import DamagedPictureError
from services.ingest.decoding.pictures import JpegPicture
from services.ingest.sources import SourceFacts


class NewestJpeg:
    """Nothing is looked at while nobody asks: a JPEG is checked when it is first wanted as a picture."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self.damage: str | None = None
        """What was wrong with the last one that was wanted or given up."""
        self._unchecked: bytes | None = None
        self._picture: JpegPicture | None = None
        self._put_at = 0.0
        self.late_seconds = 0.0
        """How long the picture had waited when it was first wanted. Nothing tells when the camera took it."""
        self.bytes_per_second = 0.0
        """Between the last two calls of `facts`."""
        self._bytes = 0
        self._counted_since = time.monotonic()

    def put(self, jpeg: bytes) -> None:
        self._unchecked, self._put_at = jpeg, time.monotonic()

    def confirm(self) -> None:
        """The camera has just said that the newest one is current."""
        self._put_at = time.monotonic()

    def count(self, byte_count: int) -> None:
        """So many bytes arrived."""
        self._bytes += byte_count

    def picture(self) -> JpegPicture | None:
        """None while there is no whole one.

        Raises:
            PictureRefusedError: when it is too large, or too much work.
        """
        if self._unchecked is not None:
            jpeg, self._unchecked, self._picture = self._unchecked, None, None
            try:
                self._picture = JpegPicture.checked(jpeg, self._max_pixels)
            except DamagedPictureError as error:
                self.damage = str(error)
            else:
                self.damage = None
            self.late_seconds = time.monotonic() - self._put_at
        return self._picture

    def facts(self) -> SourceFacts:
        """The rate is that since the last call."""
        now = time.monotonic()
        if now > self._counted_since:
            self.bytes_per_second = self._bytes / (now - self._counted_since)
        self._bytes, self._counted_since = 0, now
        notice = None if self.damage is None else f"The camera's pictures can't be shown: {self.damage}."
        return SourceFacts("mjpeg", round(self.bytes_per_second * 8), notice)
