"""The rate of a viewer behind a proxy: how much its connection carries, and when sent bytes have arrived. Pure: the
caller passes the time.

Behind a proxy our connection ends at the proxy. The proxy takes whatever its buffers hold, which for a slow viewer is
seconds of pictures, before a skip shows that the viewer is slow. But while it skips, the proxy takes exactly what the
viewer's own connection carries. So the rate is measured then. The viewer gets nothing until the buffers should be
empty. From there on it gets a picture only when the ones before it should have arrived at a little less than the
measured rate. Now and then every picture is offered again, because the connection may have become better. That is rare,
since the buffers fill up at once if it has not.
"""

from typing import Final, Protocol

from shared.frame_pacer import FramePacer

MEASURE_SECONDS: Final = 3.0
TRIAL_SECONDS: Final = 1.0
FEWEST_PARTS: Final = 3
SKIPS_OF_A_SLOW_VIEWER: Final = 0.1
"""A viewer that skips a smaller share of its pictures than this is left to its skips."""
SHARE: Final = 0.8
"""The share of the measured rate that is sent. The rest empties the buffers, and covers the measurement's error."""
PROXY_BUFFER_BYTES: Final = 64 * 1024
"""As much as our gateway buffers of a slow viewer's stream. A larger buffer is emptied by the rest of `SHARE`."""
SKIPS_IN_A_ROW: Final = 5
"""A paced viewer that skips this many pictures in a row has a connection that carries less; fewer skips are chance."""
FIRST_TRIAL_SECONDS: Final = 60.0
LONGEST_TRIAL_SECONDS: Final = 300.0
TRIAL_FAILS_WITHIN_SECONDS: Final = 20.0
MUCH_BETTER: Final = 2.0
"""A short trial must show this many times the rate that a longer measurement found, to be believed."""


class PacedViewer(Protocol):
    """A viewer's counts: parts offered and taken, and the bytes of those taken, since it came."""

    offered: int
    taken: int

    @property
    def written_bytes(self) -> int: ...


class ProxiedRate:
    """Decides which pictures `viewer` is offered; `pacer` thins them first. A picture held back counts as offered."""

    def __init__(self, viewer: PacedViewer, pacer: "FramePacer | ProxiedRate | None" = None) -> None:
        self._viewer = viewer
        self._pacer = pacer
        self._rate: float | None = None
        """At most this many bytes per second are sent; None: whatever the proxy takes."""
        self._unarrived_bytes = 0.0
        """Of those sent, the bytes that can't have arrived yet at that rate."""
        self._seen_at = float("-inf")
        self._seen_bytes = 0
        self._was_offered = False
        self._taken = 0
        self._skips_in_a_row = 0
        self._full_at: float | None = None
        """When the measurement began: the buffers were full then. The next three are the counts at that time."""
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
        self._observe(now)
        if self._rate is None:
            self._measure(now)
        elif self._skips_in_a_row >= SKIPS_IN_A_ROW:
            self._slow_down(now)
        elif now - self._changed_at >= self._trial_seconds:
            self._try_all(now)
        self._was_offered = self._rate is None or self._unarrived_bytes <= 0
        self._viewer.offered += not self._was_offered
        return self._was_offered

    def _observe(self, now: float) -> None:
        """Whether the last picture offered was taken, and how much has arrived since."""
        viewer = self._viewer
        if viewer.taken != self._taken:
            self._taken, self._skips_in_a_row = viewer.taken, 0
        elif self._was_offered:
            self._skips_in_a_row += 1
        if self._rate is not None:
            self._unarrived_bytes = max(0.0, self._unarrived_bytes - self._rate * (now - self._seen_at))
            self._unarrived_bytes += viewer.written_bytes - self._seen_bytes
        self._seen_at, self._seen_bytes = now, viewer.written_bytes

    def _measure(self, now: float) -> None:
        """From one skip to another: at both the buffers are full."""
        if not self._skips_in_a_row:
            return
        viewer = self._viewer
        if self._full_at is None:
            self._mark_full(now)
            return
        seconds, parts = now - self._full_at, viewer.taken - self._full_taken
        if seconds < (TRIAL_SECONDS if self._measured else MEASURE_SECONDS) or parts < FEWEST_PARTS:
            return
        if parts > (1 - SKIPS_OF_A_SLOW_VIEWER) * (viewer.offered - self._full_offered):
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
        """The buffers are full, although less was sent than the measured rate. So the rate is what went in since they
        were full before.
        """
        full_at = now if self._full_at is None else self._full_at
        measured = (self._viewer.written_bytes - self._full_bytes) / max(now - full_at, MEASURE_SECONDS)
        self._pace(now, min(measured, self._measured))

    def _pace(self, now: float, measured: float) -> None:
        self._measured = measured
        self._rate = SHARE * measured
        self._unarrived_bytes = PROXY_BUFFER_BYTES * SHARE
        self._changed_at = now
        self._skips_in_a_row = 0
        self._mark_full(now)

    def _try_all(self, now: float) -> None:
        self._rate, self._full_at = None, None
        self._unarrived_bytes = 0.0
        self._skips_in_a_row = 0
        self._changed_at = now

    def _mark_full(self, now: float) -> None:
        self._full_at = now
        self._full_bytes = self._viewer.written_bytes
        self._full_taken, self._full_offered = self._viewer.taken, self._viewer.offered
