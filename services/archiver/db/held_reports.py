"""Reports of slots that wait until the clock is trusted: what they say of time may be wrong by decades."""

from typing import Final

from services.archiver.base.clock_doubt import STEP_SECONDS, Reading
from services.archiver.db.slot_report import SlotReport
from shared.clock import NS_PER_SECOND

MOST_HELD: Final = 1000


class HeldReports:
    """On the loop's thread only. Reports of the same clock setting are joined, so a long doubt takes a few of them."""

    def __init__(self) -> None:
        self._held: list[tuple[Reading, SlotReport]] = []

    def hold(self, report: SlotReport, reading: Reading) -> None:
        """Keep the report with the clocks as they are now. What there is no room for is told without its reasons."""
        if self._held and is_same_setting(self._held[-1][0], reading):
            one = self._held[-1][1].joined(report)
            if one is not None:
                self._held[-1] = reading, one
                return
        if len(self._held) < MOST_HELD:
            self._held.append((reading, report))

    def release(self, reading: Reading) -> list[SlotReport]:
        """The clock is right as it is set now: the reports that were made by this setting. The others are dropped."""
        held, self._held = self._held, []
        return [report for made, report in held if is_same_setting(made, reading)]


def is_same_setting(one: Reading, other: Reading) -> bool:
    """Whether nobody has set the clock in between."""
    return abs(one.offset_ns - other.offset_ns) <= STEP_SECONDS * NS_PER_SECOND
