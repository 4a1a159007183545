"""Reports of slots that wait until the clock is trusted: what they say of time may be wrong by decades."""

from collections.abc import Iterator
from typing import Final

from services.archiver.base.clock_doubt import STEP_SECONDS, Reading
from services.archiver.db.report_queue import ReportQueue
from services.archiver.db.slot_report import SlotReport
from shared.clock import NS_PER_SECOND

MOST_HELD: Final = 1000
"""Reports of one setting of the clock."""
MOST_SETTINGS: Final = 100


class HeldReports:
    """On the loop's thread only. Reports of the same clock setting are together, and joined there."""

    def __init__(self) -> None:
        self._held: list[tuple[Reading, ReportQueue]] = []

    def __len__(self) -> int:
        return sum(len(queue) for _, queue in self._held)

    def hold(self, report: SlotReport, reading: Reading) -> None:
        """Keep the report with the clocks as they are now. What there is no room for is told without its reasons."""
        if self._held and is_same_setting(self._held[-1][0], reading):
            self._held[-1] = reading, self._held[-1][1]
        elif len(self._held) < MOST_SETTINGS:
            self._held.append((reading, ReportQueue(MOST_HELD)))
        else:
            return
        self._held[-1][1].add(report)

    def release(self, reading: Reading) -> Iterator[SlotReport]:
        """The clock is right as it is set now: the reports that were made by this setting. The others are dropped.

        Nothing is held any more from the first of them on, so that each can be written.
        """
        held, self._held = self._held, []
        for made, queue in held:
            while is_same_setting(made, reading) and (report := queue.take()) is not None:
                yield report


def is_same_setting(one: Reading, other: Reading) -> bool:
    """Whether nobody has set the clock in between."""
    return abs(one.offset_ns - other.offset_ns) <= STEP_SECONDS * NS_PER_SECOND
