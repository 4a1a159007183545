"""A link that a proxy hides: how much it carries, and when what was sent has arrived. Pure: the caller brings the time.

Behind a proxy our connection ends at the proxy. It takes whatever its buffers hold, which on a slow link is seconds of
pictures, before a skip tells that the link is slow. While it skips, though, what the proxy takes is what the link
carries. So such a viewer is measured then, given nothing until the buffers should be empty, and from there on a picture
only when those before it should have arrived at a little less than the measured rate. Now and then all is offered
again, as the link may have become better: seldom, since the buffers fill up at once if it has not.
"""

from typing import Final, Protocol

from shared.frame_pacer import FramePacer

MEASURE_SECONDS: Final = 3.0
TRIAL_SECONDS: Final = 1.0
FEWEST_PARTS: Final = 3
SKIPS_OF_A_SLOW_LINK: Final = 0.1
"""A link that skips a smaller part of what it is offered is left to its skips."""
SHARE: Final = 0.8
"""Of the measured rate, what is sent: the rest empties the buffers, and is the error of the measurement."""
HIDDEN_BYTES: Final = 64 * 1024
"""As much as our gateway holds of a slow viewer's stream. A proxy that holds more is emptied by the rest of `SHARE`."""
SKIPS_IN_A_ROW: Final = 5
"""While sent less than it carries, a viewer that skips so often has a link that carries less; fewer are chance."""
FIRST_TRIAL_SECONDS: Final = 60.0
LONGEST_TRIAL_SECONDS: Final = 300.0
TRIAL_FAILS_WITHIN_SECONDS: Final = 20.0
MUCH_BETTER: Final = 2.0
"""How much more a short trial must show than was measured for longer, to be believed."""


class PacedViewer(Protocol):
    """What is known of a viewer: parts offered and taken, and the bytes of those taken, in all so far."""

    offered: int
    taken: int

    @property
    def written_bytes(self) -> int: ...


class HiddenLink:
    """Decides which pictures `viewer` is offered; `pacer` thins them before. What it holds back counts as offered."""

    def __init__(self, viewer: PacedViewer, pacer: "FramePacer | HiddenLink | None" = None) -> None:
        self._viewer = viewer
        self._pacer = pacer
        self._rate: float | None = None
        """Bytes a second that are sent at the most; None: whatever the proxy takes."""
        self._unarrived = 0.0
        """Of what was sent, by that rate."""
        self._seen_at = float("-inf")
        self._seen_bytes = 0
        self._was_offered = False
        self._taken = 0
        self._skips_in_a_row = 0
        self._full_at: float | None = None
        """Since when it is measured: then the buffers were full. With the counts of then."""
        self._full_bytes = 0
        self._full_taken = 0
        self._full_offered = 0
        self._changed_at = float("-inf")
        self._trial_seconds = FIRST_TRIAL_SECONDS
        self._measured = 0.0

    def admits(self, now: float) -> bool:
        """Whether the picture of this instant is offered."""
        if self._pacer is not None and not self._pacer.admits(now):
            return False
        self._look(now)
        if self._rate is None:
            self._measure(now)
        elif self._skips_in_a_row >= SKIPS_IN_A_ROW:
            self._slow_down(now)
        elif now - self._changed_at >= self._trial_seconds:
            self._try_all(now)
        self._was_offered = self._rate is None or self._unarrived <= 0
        self._viewer.offered += not self._was_offered
        return self._was_offered

    def _look(self, now: float) -> None:
        """What became of the picture that was offered last, and how much has arrived since."""
        viewer = self._viewer
        if viewer.taken != self._taken:
            self._taken, self._skips_in_a_row = viewer.taken, 0
        elif self._was_offered:
            self._skips_in_a_row += 1
        if self._rate is not None:
            self._unarrived = max(0.0, self._unarrived - self._rate * (now - self._seen_at))
            self._unarrived += viewer.written_bytes - self._seen_bytes
        self._seen_at, self._seen_bytes = now, viewer.written_bytes

    def _measure(self, now: float) -> None:
        """From one skip to another, both of which show full buffers."""
        if not self._skips_in_a_row:
            return
        viewer = self._viewer
        if self._full_at is None:
            self._mark_full(now)
            return
        seconds, parts = now - self._full_at, viewer.taken - self._full_taken
        if seconds < (TRIAL_SECONDS if self._measured else MEASURE_SECONDS) or parts < FEWEST_PARTS:
            return
        if parts > (1 - SKIPS_OF_A_SLOW_LINK) * (viewer.offered - self._full_offered):
            self._mark_full(now)
            return
        measured = (viewer.written_bytes - self._full_bytes) / seconds
        if now - self._changed_at >= TRIAL_FAILS_WITHIN_SECONDS:
            self._trial_seconds = FIRST_TRIAL_SECONDS
        else:
            self._trial_seconds = min(2 * self._trial_seconds, LONGEST_TRIAL_SECONDS)
            measured = measured if measured > MUCH_BETTER * self._measured else self._measured
        self._pace(now, measured)

    def _slow_down(self, now: float) -> None:
        """Full, although it was sent less than it should carry: what went in since it was full before is the truth."""
        full_at = now if self._full_at is None else self._full_at
        measured = (self._viewer.written_bytes - self._full_bytes) / max(now - full_at, MEASURE_SECONDS)
        self._pace(now, min(measured, self._measured))

    def _pace(self, now: float, measured: float) -> None:
        self._measured = measured
        self._rate = SHARE * measured
        self._unarrived = HIDDEN_BYTES * SHARE
        self._changed_at = now
        self._skips_in_a_row = 0
        self._mark_full(now)

    def _try_all(self, now: float) -> None:
        self._rate, self._full_at = None, None
        self._unarrived = 0.0
        self._skips_in_a_row = 0
        self._changed_at = now

    def _mark_full(self, now: float) -> None:
        self._full_at = now
        self._full_bytes = self._viewer.written_bytes
        self._full_taken, self._full_offered = self._viewer.taken, self._viewer.offered
