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
        self._proven = self._order[0]
        self._is_trusted = False
        self.current = self._proven

    @property
    def is_as_asked(self) -> bool:
        return self.current.transport == self._asked

    def begin(self) -> None:
        """The camera is opened anew."""
        self.current = self._proven
        self._rest = [one for one in self._order if one != self.current]

    def silence_seconds(self, stall_seconds: float) -> float:
        """How long to wait for the first packet, if the camera's pictures may stay away for `stall_seconds`."""
        return stall_seconds if self._is_trusted or not self._rest else min(SILENCE_SECONDS, stall_seconds)

    def confirm(self) -> None:
        """Pictures come. The next silence is then the camera's own, and no reason to ask in another way."""
        self._proven, self._is_trusted = self.current, True

    def after_refusal(self) -> bool:
        """Go on to the other transport. False if that was tried."""
        self._rest = [one for one in self._rest if one.transport != self.current.transport]
        return self._next()

    def after_silence(self, *, has_other_streams: bool) -> bool:
        """Go on to the next way. False if there is none, or if the silent one has worked before."""
        if self._is_trusted:
            self._is_trusted = False
            return False
        if not has_other_streams:
            self._rest = [one for one in self._rest if not one.with_all_streams]
        return self._next()

    def _next(self) -> bool:
        if not self._rest:
            return False
        self.current = self._rest.pop(0)
        return True
