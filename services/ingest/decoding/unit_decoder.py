"""From access units to the picture to show: which units are decoded, and when there is nothing to show."""

import math
import time
from typing import Final

from services.ingest.decoding import cpu_limit
from services.ingest.decoding.access_unit import DamagedUnitError, UnitFormat
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.frame_picture import picture_of
from services.ingest.decoding.jpeg import DamagedPictureError
from services.ingest.decoding.lateness import Shedding
from services.ingest.decoding.pending_units import Batch, PendingUnits
from services.ingest.decoding.pictures import JpegPicture, Picture
from shared.settings import DEFAULT_MAX_PIXELS

_JPEG: Final = "mjpeg"


class UnitDecoder:
    """Shows the newest of the pending units. After any damage it shows nothing until the next key frame. One thread.

    In a stream of JPEGs each unit is a key frame. A picture before a damaged one is not shown again as if it were new.
    While there is no time to decode everything, key frames alone are decoded, and the newest of them stays the picture.
    """

    def __init__(
        self,
        unit_format: UnitFormat,
        parameter_sets: bytes,
        decoder: Decoder | None = None,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        self.pending = PendingUnits(unit_format, parameter_sets)
        self.damage: str | None = None
        """What was wrong with the last unit that should have been shown; None if it was decoded."""
        self._format = unit_format
        self._max_pixels = max_pixels
        is_jpeg = unit_format.codec == _JPEG
        self._decoder = None if is_jpeg else decoder or Decoder(unit_format.codec, max_pixels=max_pixels)
        self._picture: Picture | None = None
        self._taken_at = math.inf
        self._shedding = Shedding()
        self.late_seconds = 0.0
        """How long before the last call of `newest` the camera took the picture returned; 0 if nothing tells."""
        self.nothing_newer_until = -math.inf
        """Until when (monotonic seconds) no unit came after the last one. Set by the reader, if it can tell."""

    @property
    def codec(self) -> str:
        return self._format.codec

    def newest(self) -> Picture | None:
        """The newest picture; None while there is no clean one. Decodes the pending units.

        Raises:
            PictureRefusedError: when the camera's pictures are beyond a limit.
            MemoryError: when there is none left for one.
        """
        if self.pending.is_holding and not self._shedding.is_on:
            self._picture = None
        try:
            self._picture = self._decode_pending() or self._picture
        except (DamagedUnitError, DamagedPictureError) as error:
            self.damage = str(error)
            self.pending.hold()
            self._picture = None
        return self._picture

    def _note_lateness(self, batch: Batch) -> None:
        """A picture stays as late as it was, except while newer ones are left out."""
        now = time.monotonic()
        if batch.units:
            newest = batch.units[-1]
            # If a camera sends few, it may have been the newest all the time that it waited for somebody to want it.
            waited = 0.0 if self.pending.has_units else self.nothing_newer_until - newest.arrived_at
            self._taken_at = newest.taken_at + max(0.0, waited)
        elif not self._shedding.is_on:
            return
        self.late_seconds = max(0.0, now - self._taken_at)
        self._shedding.note(self.late_seconds, now)

    def _decode_pending(self) -> Picture | None:
        """The newest pending picture; None if nothing is pending."""
        batch = self.pending.take_key() if self._shedding.is_on and self._decoder is not None else self.pending.take()
        try:
            return self._decoded(batch) if batch.units else None
        finally:
            self._note_lateness(batch)

    def _decoded(self, batch: Batch) -> Picture | None:
        if self._decoder is None:
            picture: Picture | None = JpegPicture.checked(
                self._format.assemble(batch.units[-1].payloads), self._max_pixels
            )
        else:
            picture = self._decode_video(self._decoder, batch)
        self.damage = None
        return picture

    def _decode_video(self, decoder: Decoder, batch: Batch) -> Picture | None:
        """Only the last unit of the batch becomes a picture. The others are decoded, and cost no more than that."""
        before = b""
        if batch.is_new_start:
            self._picture = None
            decoder.restart()
            before = batch.parameter_sets
        *earlier, last = batch.units
        for unit in earlier:
            decoder.decode(before + self._format.assemble(unit.payloads), is_shown=False)
            before = b""
            cpu_limit.begin_picture()  # each has the time of one
        frame = decoder.decode(before + self._format.assemble(last.payloads))
        return picture_of(frame, decoder.pixel_aspect) if frame is not None else None
