"""A network camera over RTSP as a `Source`: `grab` waits and reads packets, `retrieve` decodes them."""

import threading
import time
from typing import Final

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.receiver import Receiver

IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for this long, nobody is in a hurry."""


class RtspSource:
    """One camera.

    Raises:
        ValueError: when the options' address is no RTSP URL.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        self._address = RtspAddress.of(options)
        self._options = options
        self._receiver: Receiver | None = None
        self._interrupted = threading.Event()
        self._retrieved_at = 0.0

    def open(self) -> None:
        """Connect and start the stream. No picture need have arrived when it returns."""
        self.close()
        self._receiver = Receiver(self._address, self._options, self._interrupted)
        self._retrieved_at = time.monotonic()

    def grab(self) -> bool:
        """Wait for the next access unit. Nothing is decoded here."""
        receiver = self._opened()
        return receiver.wait_napping() if self._is_idle() else receiver.wait()

    def retrieve(self) -> Picture | None:
        """The newest picture. Decodes what arrived since the last one, or since the last key frame."""
        receiver = self._opened()
        if self._is_idle():
            receiver.catch_up()
        self._retrieved_at = time.monotonic()
        return receiver.decoder.newest()

    def interrupt(self) -> None:
        """Make the current `grab`, or the next one, return False. Any thread."""
        self._interrupted.set()
        receiver = self._receiver
        if receiver is not None:
            receiver.wake()

    def facts(self) -> SourceFacts:
        receiver = self._receiver
        if receiver is None:
            return SourceFacts()
        lost, seconds = receiver.lost_lately()
        notice, damage = None, receiver.decoder.damage
        if lost and receiver.can_lose_packets:
            notice = (
                f"{lost} of the camera's packets were lost in the last {seconds:.0f} s: pictures wait for key frames."
            )
        elif damage is not None:
            notice = f"The camera's pictures can't be decoded: {damage}."
        return SourceFacts(
            receiver.decoder.codec,
            receiver.bits_per_second,
            notice,
            lost_packets=lost if receiver.can_lose_packets else 0,
            waits_for_key_frame=receiver.decoder.pending.is_holding and damage is None and not lost,
        )

    def close(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.close()

    def _is_idle(self) -> bool:
        return time.monotonic() - self._retrieved_at > IDLE_AFTER_SECONDS

    def _opened(self) -> Receiver:
        if self._receiver is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._receiver
