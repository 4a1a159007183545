"""A camera recorder's report: which slots it covered, and which of them got no picture. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.archiver.base.capture_rule import ALWAYS, CaptureRule
from services.archiver.db.intervals import Missed, joined

MOST_MISSED: Final = 200
"""Stretches with a reason each. A report is explained hole by hole, which takes the square of them."""


@dataclass(frozen=True, slots=True)
class SlotReport:
    """The recorder covered every slot that starts in [since, until), in UTC epoch seconds.

    `missed` lists the slots without a picture. `active` is False once the camera is disabled or removed.
    """

    camera_key: str
    name: str
    interval_seconds: int
    since: int
    until: int
    heard_at: datetime
    """When the camera's last status came."""
    missed: tuple[Missed, ...] = ()
    active: bool = True
    rule: CaptureRule = ALWAYS
    """Says which of the slots were due. The others are no gaps."""

    def joined(self, later: "SlotReport") -> "SlotReport | None":
        """Both as one report; None when camera, interval, `active` or rule differ, or one is full."""
        if len(self.missed) >= MOST_MISSED:
            return None
        same = (self.camera_key, self.interval_seconds, self.active, self.rule)
        if same != (later.camera_key, later.interval_seconds, later.active, later.rule):
            return None
        return SlotReport(
            later.camera_key,
            later.name,
            later.interval_seconds,
            min(self.since, later.since),
            max(self.until, later.until),
            later.heard_at,
            joined(self.missed, later.missed),
            later.active,
            later.rule,
        )
