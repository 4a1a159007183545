"""Which sender (SSRC) is the camera's stream. Pure.

Some cameras take a new SSRC at each key frame, or announce another one than they use. Others let an old session's
packets arrive beside ours. So no packet is refused for its SSRC alone: it must also fit nowhere.
"""

from typing import Final

from services.ingest.sources.rtp.packet import SEQUENCES

SILENCE_PACKETS: Final = 32
"""After this many foreign packets in a row the sender that was ours must have ended."""
MAX_FOREIGN: Final = 16


class OwnSender:
    """`current` is the sender whose packets are taken; None before the first. `promised` is the one that the camera
    announced."""

    def __init__(self) -> None:
        self.current: int | None = None
        self.promised: int | None = None
        self._left: tuple[int, int | None] | None = None  # the sender before, and the number that its next packet has
        self._foreign: set[int] = set()
        self._strangers = 0
        self._heard = 0

    def takes(self, sender: int, sequence: int, expected: int | None, *, fits: bool, heard: int) -> bool:
        """Whether to take a packet of another sender than `current`. If so, that is `current` from now on.

        `fits` says whether the packet may continue our stream; `heard` counts all that arrived of our stream.
        """
        if self._continues_left(sender, sequence):
            if self.current == self.promised and self.current is not None:
                self._foreign.add(sender)
                return False
            self._call_foreign(self.current)
        elif sender != self.promised and self.current is not None and (sender in self._foreign or not fits):
            self._strangers = self._strangers + 1 if heard == self._heard else 1
            self._heard = heard
            if self._strangers < SILENCE_PACKETS:
                return False
            self._foreign.discard(sender)
        self._left = None if self.current is None else (self.current, expected)
        self._strangers = 0
        self.current = sender
        return True

    def is_back(self, sender: int, sequence: int) -> bool:
        """Whether the sender before `current` goes on where it was, so that `current` was an intruder."""
        return self._continues_left(sender, sequence) and self.current != self.promised

    def _continues_left(self, sender: int, sequence: int) -> bool:
        return self._left is not None and self._left == (sender, sequence % SEQUENCES)

    def _call_foreign(self, sender: int | None) -> None:
        if len(self._foreign) >= MAX_FOREIGN:
            self._foreign.clear()
        if sender is not None:
            self._foreign.add(sender)
