"""A network camera over RTSP as a `Source`: `grab` waits and reads packets, `retrieve` decodes them."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.receiver import Receiver
from services.ingest.sources.rtsp.session import SessionOptions, Transport

IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for this long, nobody is in a hurry."""


class RtspSource:
    """`url` may hold percent-encoded credentials; `username` and `password`, not encoded, take precedence.

    A camera may send no picture for `stall_seconds`. `secrets` are further texts that no message may repeat.
    """

    def __init__(  # noqa: PLR0913 what a camera needs
        self,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        transport: Transport = "tcp",
        ca_file: Path | None = None,
        verify_tls: bool = True,
        stall_seconds: float = 5.0,
        secrets: Iterable[str] = (),
    ) -> None:
        self._address = RtspAddress.parse(url, username, password)
        own = (self._address.password, self._address.username)
        hidden = tuple(filter(None, (*secrets, *own, *(quote(text, safe="") for text in own))))
        self._options = SessionOptions(transport=transport, ca_file=ca_file, verify_tls=verify_tls, secrets=hidden)
        self._stall_seconds = stall_seconds
        self._receiver: Receiver | None = None
        self._interrupted = threading.Event()
        self._retrieved_at = 0.0

    def open(self) -> None:
        """Connect and start the stream. No picture need have arrived when it returns."""
        self.close()
        self._receiver = Receiver(self._address, self._options, self._stall_seconds, self._interrupted)
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
        if lost:
            notice = (
                f"{lost} of the camera's packets were lost in the last {seconds:.0f} s: pictures wait for key frames."
            )
        elif damage is not None:
            notice = f"The camera's pictures can't be decoded: {damage}."
        return SourceFacts(receiver.decoder.codec, receiver.bits_per_second, notice)

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
