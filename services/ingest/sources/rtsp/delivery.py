"""In which ways a camera may be asked to send, and which of them to try next. Pure."""

from dataclasses import dataclass
from typing import Final

from services.ingest.sources.connection_options import Transport

SILENCE_SECONDS: Final = 3.0
"""How long a camera that agreed to send may send nothing until it is asked in another way."""
_OTHER: Final[dict[Transport, Transport]] = {"tcp": "udp", "udp": "tcp"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way to ask: over which transport, and whether for all streams or for the video alone.

    Some cameras send nothing until their sound is set up as well. What comes of it is dropped.
    """

    transport: Transport
    with_all_streams: bool = False


class DeliveryPlan:
    """Begins with the transport that is asked for, later with what worked last. `current` is what to try now.

    A transport that was refused is no longer the first, even if the other has not worked yet: some cameras answer that
    they are busy while they clear up after the connection on which they refused it.

    A camera whose connection `is_encrypted` is not asked for UDP, which is not, unless the user wants it.
    """

    def __init__(self, asked: Transport, *, is_encrypted: bool = False) -> None:
        self._asked: Final = asked
        first, second = ([Delivery(one), Delivery(one, with_all_streams=True)] for one in (asked, _OTHER[asked]))
        # Over UDP it is mostly a firewall that keeps the packets away, and seldom the sound that is missing.
        self._order = [*first, *second] if asked == "tcp" else [first[0], *second, first[1]]
        if is_encrypted and asked == "tcp":
            self._order = first
        self._rest: list[Delivery] = []
        self._first = self._order[0]
        """What the next opening begins with."""
        self._is_trusted = self._were_all_silent = False
        self.current = self._first

    @property
    def is_as_asked(self) -> bool:
        return self.current.transport == self._asked

    def begin(self) -> None:
        """The camera is opened anew."""
        self.current = self._first
        self._rest = [one for one in self._order if one != self.current]

    def silence_seconds(self, open_seconds: float) -> float:
        """How long to wait for the first packet of a camera that may take `open_seconds` to open.

        If no way brought one the last time, the camera may only be slow.
        """
        is_patient = self._is_trusted or not self._rest or (self._were_all_silent and self.current == self._first)
        return open_seconds if is_patient else min(SILENCE_SECONDS, open_seconds)

    def confirm(self) -> None:
        """Pictures come. The next silence is then the camera's own, and no reason to ask in another way."""
        self._first, self._is_trusted = self.current, True

    def after_refusal(self) -> bool:
        """Go on to the other transport. False if that was tried."""
        self._rest = [one for one in self._rest if one.transport != self.current.transport]
        has_other = self._next()
        self._first = self.current if has_other else self._order[0]
        return has_other

    def after_silence(self, *, has_other_streams: bool) -> bool:
        """Go on to the next way. False if there is none, or if the silent one has worked before."""
        if self._is_trusted:
            self._is_trusted = False
            return False
        if not has_other_streams:
            self._rest = [one for one in self._rest if not one.with_all_streams]
        self._were_all_silent = not self._rest
        return self._next()

    def _next(self) -> bool:
        if not self._rest:
            return False
        self.current = self._rest.pop(0)
        return True
