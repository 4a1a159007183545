"""A network camera over RTSP as a `Source`: packets are read while `grab` waits, and decoding is `retrieve`'s."""

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.receiver import Reception
from services.ingest.sources.rtsp.session import SessionOptions, Transport

IDLE_AFTER_SECONDS: Final = 2.0
"""Without a `retrieve` for so long, nobody is in a hurry."""


class RtspSource:
    """`url` may hold percent-encoded credentials; `username` and `password`, as they are, come before those.

    `stall_seconds` is how long the camera may send no picture; `secrets` are further texts that no message may repeat.
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
        self._options = SessionOptions(transport, ca_file, verify_tls, hidden)
        self._stall_seconds = stall_seconds
        self._reception: Reception | None = None
        self._interrupted = threading.Event()
        self._retrieved_at = 0.0

    def open(self) -> None:
        """Connect, and have the camera send; no picture need have come yet."""
        self.close()
        self._reception = Reception(self._address, self._options, self._stall_seconds, self._interrupted)
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
