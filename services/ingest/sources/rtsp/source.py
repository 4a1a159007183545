"""A network camera over RTSP as a `Source`: packets are read while `grab` waits, and decoding is `retrieve`'s."""

import threading
import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.receiver import Reception

IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for so long, nobody is in a hurry."""


class RtspSource:
    """One camera.

    Raises:
        ValueError: when the options' address is no RTSP URL.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        self._address = RtspAddress.of(options)
        self._options = options
        self._reception: Reception | None = None
        self._interrupted = threading.Event()
        self._retrieved_at = 0.0

    def open(self) -> None:
        """Connect, and have the camera send; no picture need have come yet."""
        self.close()
        self._reception = Reception(self._address, self._options, self._interrupted)
        self._retrieved_at = time.monotonic()

    def grab(self) -> bool:
        """Wait for the next access unit. Nothing is decoded here."""
        reception = self._opened()
        return reception.wait_napping() if self._is_idle() else reception.wait()

    def retrieve(self) -> Picture | None:
        """The newest picture. Decodes what has come since the last one, or since the last key frame."""
        reception = self._opened()
        if self._is_idle():
            reception.catch_up()
        self._retrieved_at = time.monotonic()
        return reception.pictures.newest()

    def interrupt(self) -> None:
        """Make a waiting `grab` return False, or the next one. From any thread."""
        self._interrupted.set()
        reception = self._reception
        if reception is not None:
            reception.wake_waiting()

    def facts(self) -> SourceFacts:
        reception = self._reception
        if reception is None:
            return SourceFacts()
        lost, seconds = reception.lost_lately()
        notice, damage = None, reception.pictures.damage
        if lost:
            notice = (
                f"{lost} of the camera's packets were lost in the last {seconds:.0f} s: pictures wait for key frames."
            )
        elif damage is not None:
            notice = f"The camera's pictures can't be decoded: {damage}."
        return SourceFacts(reception.pictures.codec, reception.bits_per_second, notice)

    @property
    def lost_packets(self) -> int:
        """Since `open`."""
        return self._reception.lost_packets if self._reception is not None else 0

    def close(self) -> None:
        reception, self._reception = self._reception, None
        if reception is not None:
            reception.close()

    def _is_idle(self) -> bool:
        return time.monotonic() - self._retrieved_at > IDLE_AFTER_SECONDS

    def _opened(self) -> Reception:
        if self._reception is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._reception
