"""What the ingests say of themselves: which cameras there are, and why one does not start. Pure.

All times are the loop's, as in `cameras.py`.
"""

from typing import Final

from shared.bus.ingest_report import IngestReport

REPORT_SECONDS: Final = 2.0
"""Reports come every second. An ingest without one for this long has ended, or can't be heard."""
STEADY_SECONDS: Final = 5.0
"""All ingests must be heard for this long before a camera that none names is gone: the report of a run that has just
ended would count as another ingest's. Longer than a report lasts.
"""
REFUSAL_SECONDS: Final = 20.0
"""An ingest with a bad setting is started again and again. What it said last is shown in between."""
MAX_INGESTS: Final = 100
"""Far more than anybody has: whoever can forge a report could name ever new ones."""


class Ingests:
    """The ingests behind the addresses of the bus, which are separated by commas. One given twice is one."""

    def __init__(self, addresses: str) -> None:
        self._address_count = len({address.strip() for address in addresses.split(",")})
        self._running: dict[str, tuple[IngestReport, float]] = {}
        self._refusals: dict[str, float] = {}
        """When each was heard last, in the order in which they were first heard: at most one for each address."""
        self._complete_since: float | None = None
        """Since when as many ingests are heard as there are addresses."""

    def hear(self, report: IngestReport, now: float) -> None:
        if report.refusal is not None:
            self._hear_refusal(report.refusal, now)
            return
        self._running = {ingest: told for ingest, told in self._running.items() if now - told[1] < REPORT_SECONDS}
        if len(self._running) < self._address_count:
            self._complete_since = None
        if report.ingest not in self._running:
            self._forget_earlier_runs(report)
        if len(self._running) < MAX_INGESTS or report.ingest in self._running:
            self._running[report.ingest] = report, now
        if len(self._running) >= self._address_count:
            self._refusals.clear()
            if self._complete_since is None:
                self._complete_since = now

    def _forget_earlier_runs(self, report: IngestReport) -> None:
        """An ingest that was started anew has another id, and most often a camera that it had before."""
        keys = set(report.cameras)
        self._running = {
            ingest: (other, at) for ingest, (other, at) in self._running.items() if keys.isdisjoint(other.cameras)
        }

    def _hear_refusal(self, refusal: str, now: float) -> None:
        self._refusals[refusal] = now
        if len(self._refusals) > self._address_count:
            del self._refusals[min(self._refusals, key=self._refusals.__getitem__)]

    def named_cameras(self, now: float) -> frozenset[str] | None:
        """The cameras that there are; None while an ingest that may have more can't be heard."""
        heard, since = self._heard(now), self._complete_since
        if len(heard) < self._address_count or since is None or now - since < STEADY_SECONDS:
            return None
        return frozenset(key for report in heard for key in report.cameras)

    def refusal(self, now: float) -> str | None:
        """Why an ingest does not start, in words; None where none said so lately, or all run."""
        return " ".join(self._told(now)) or None

    def refusal_of(self, camera_key: str, now: float) -> str | None:
        """Why a silent camera's ingest does not start. None where it runs, or where another ingest is silent too and
        said nothing: the camera may be that one's.
        """
        heard, told = self._heard(now), self._told(now)
        if len(told) < self._address_count - len(heard) or any(camera_key in report.cameras for report in heard):
            return None
        return " ".join(told) or None

    def _heard(self, now: float) -> list[IngestReport]:
        return [report for report, at in self._running.values() if now - at < REPORT_SECONDS]

    def _told(self, now: float) -> list[str]:
        """The newest refusal of each ingest that does not run. Their order stays, so that the words do."""
        lately = [refusal for refusal, at in self._refusals.items() if now - at < REFUSAL_SECONDS]
        missing = max(0, self._address_count - len(self._heard(now)))
        newest = sorted(lately, key=self._refusals.__getitem__, reverse=True)[:missing]
        return [refusal for refusal in lately if refusal in newest]
