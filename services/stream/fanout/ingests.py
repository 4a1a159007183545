"""What the ingests say of themselves: which cameras there are, and why one does not start. Pure.

All times are the loop's, as in `cameras.py`.
"""

from typing import Final

from shared.bus.ingest_report import IngestReport

REPORT_SECONDS: Final = 2.0
"""Reports come every second. An ingest without one for this long has ended, or can't be heard."""
REFUSAL_SECONDS: Final = 20.0
"""An ingest with a bad setting is started again and again. What it said last is shown in between."""
MAX_INGESTS: Final = 100
"""Far more than anybody has: whoever can forge a report could name ever new ones."""


class Ingests:
    """The ingests behind `address_count` addresses of the bus."""

    def __init__(self, address_count: int) -> None:
        self._address_count = address_count
        self._running: dict[str, tuple[IngestReport, float]] = {}
        self._refusal: tuple[str, float] | None = None

    def hear(self, report: IngestReport, now: float) -> None:
        if report.refusal is not None:
            self._refusal = report.refusal, now
            return
        self._refusal = None
        self._running = {ingest: told for ingest, told in self._running.items() if now - told[1] < REPORT_SECONDS}
        if len(self._running) < MAX_INGESTS or report.ingest in self._running:
            self._running[report.ingest] = report, now

    def named_cameras(self, now: float) -> frozenset[str] | None:
        """The cameras that there are; None while an ingest that may have more can't be heard."""
        heard = [report for report, at in self._running.values() if now - at < REPORT_SECONDS]
        if len(heard) < self._address_count:
            return None
        return frozenset(key for report in heard for key in report.cameras)

    def refusal(self, now: float) -> str | None:
        """Why an ingest does not start, in words; None where none said so lately."""
        if self._refusal is None or now - self._refusal[1] >= REFUSAL_SECONDS:
            return None
        return self._refusal[0]
