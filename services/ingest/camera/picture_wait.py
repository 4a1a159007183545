"""How long a connected camera may send without a clean picture, and what that then means. Pure."""

from typing import Final

from services.ingest.sources import SourceFacts, failure_reasons

LONGEST_KEY_FRAME_SECONDS: Final = 120.0
"""Cameras that call it smart send a key frame every 10 to 20 s; some can be set to a minute."""

TOLD_SECONDS: Final = 10


class PictureWait:
    """Judges each connection by its facts. Times are in monotonic seconds.

    `is_late` begins each judgement: the words tell how long the wait has lasted then. After `stall_seconds` the user is
    told. A key frame is waited for longer, `open_seconds` at first, because each new connection begins the wait anew.
    """

    def __init__(self, *, stall_seconds: float, open_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._key_frame_seconds = max(open_seconds, stall_seconds)
        self._since = self._waited_seconds = 0.0

    def begin(self, now: float) -> None:
        """A clean picture came, a connection began, or nobody wants pictures."""
        self._since = now

    def is_late(self, now: float) -> bool:
        """Whether the user has waited for too long and is to be told why."""
        self._waited_seconds = now - self._since
        return self._waited_seconds >= self._stall_seconds

    def problem(self, facts: SourceFacts) -> str:
        """Why there is no picture, in words for the user."""
        if facts.lost_packets:
            return failure_reasons.LOST_PACKETS
        if facts.waits_for_key_frame:
            # In steps, because each change of the words is news.
            seconds = max(self._stall_seconds, self._waited_seconds // TOLD_SECONDS * TOLD_SECONDS)
            return f"{failure_reasons.WAITS_FOR_KEY_FRAME} {failure_reasons.HAS_WAITED.format(seconds)}"
        return failure_reasons.unclear(facts.notice) if facts.notice else failure_reasons.NO_CLEAN_PICTURE

    def failure(self, facts: SourceFacts) -> str:
        """Why another reader is tried, in words for the user."""
        if facts.waits_for_key_frame:
            return failure_reasons.NO_KEY_FRAME.format(self._key_frame_seconds)
        return self.problem(facts)

    def is_hopeless(self, facts: SourceFacts, now: float) -> bool:
        """Whether another reader should have its turn. Lost packets are lost for any reader."""
        if facts.lost_packets:
            return False
        limit = self._key_frame_seconds if facts.waits_for_key_frame else self._stall_seconds
        return now - self._since >= limit

    def lengthen(self) -> None:
        """No reader met a key frame in this time."""
        self._key_frame_seconds = min(2 * self._key_frame_seconds, LONGEST_KEY_FRAME_SECONDS)
