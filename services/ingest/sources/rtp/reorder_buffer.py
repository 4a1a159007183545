"""Puts the packets of a stream of datagrams into order. Pure."""

from services.ingest.sources.rtp.packet import BEHIND, HEADER_BYTES, LATE_BEFORE_RESTART, SEQUENCES


class ReorderBuffer:
    """Waits for a missing packet until `max_packets` came after it or `max_seconds` went by; then it counts as lost.

    The caller brings the time, in seconds of any one clock.
    """

    def __init__(self, *, max_packets: int = 64, max_seconds: float = 0.1) -> None:
        self._max_packets = max_packets
        self._max_seconds = max_seconds
        self._next: int | None = None
        self._sender = b""
        self._held: dict[int, tuple[bytes, float]] = {}
        """By its number each packet that waits, and since when."""
        self._waiting_since = 0.0
        self._late = 0

    @property
    def is_waiting(self) -> bool:
        """Whether packets are held back for a missing one: call `expire` in `max_seconds`."""
        return bool(self._held)

    def put(self, packet: bytes, now: float) -> list[bytes]:
        """Take a packet. Returns the packets that are next in order, oldest first."""
        if len(packet) < HEADER_BYTES:
            return []
        if packet[8:HEADER_BYTES] != self._sender:  # it has numbers of its own
            self._sender = packet[8:HEADER_BYTES]
            self._held.clear()
            self._next = None
        sequence = int.from_bytes(packet[2:4], "big")
        if self._next is None or sequence == self._next:
            self._late = 0
            self._next = (sequence + 1) % SEQUENCES
            return [packet, *self._follow(now)] if self._held else [packet]
        if (sequence - self._next) % SEQUENCES >= BEHIND:
            self._late += 1
            if self._late >= LATE_BEFORE_RESTART:
                self._next = None
            return [packet]  # too late, or the camera counts anew: the assembler knows which
        if not self._held:
            self._waiting_since = now
        self._held[sequence] = packet, now
        return self.expire(now)

    def expire(self, now: float) -> list[bytes]:
        """Give up missing packets that are overdue. Returns the packets that waited for them, oldest first."""
        ready: list[bytes] = []
        while self._held and (len(self._held) > self._max_packets or now - self._waiting_since >= self._max_seconds):
            self._next = min(self._held, key=lambda sequence: (sequence - (self._next or 0)) % SEQUENCES)
            ready += self._follow(now)
        return ready

    def _follow(self, now: float) -> list[bytes]:
        ready: list[bytes] = []
        while self._next in self._held:
            ready.append(self._held.pop(self._next)[0])
            self._next = (self._next + 1) % SEQUENCES
        # What waits behind another gap has waited for that one, too.
        self._waiting_since = min((since for _, since in self._held.values()), default=now)
        return ready
