"""The open page shows a live picture, except while a fault concerns it."""

from collections.abc import Iterator
from typing import Final

from faults.audience import BROWSER
from faults.promises.breach import Breach
from faults.promises.delivery import SHARE, judged_stretches
from faults.record import Record

VIEWER: Final = " ".join(BROWSER)
FEWEST_LOOKS: Final = 10
"""The share of fewer looks says little."""


class PageShowsPicture:
    """Judges how often the browser's page stood there with a picture that can be read and counts as live."""

    name = "the open page shows a live picture"

    def breaches(self, record: Record) -> Iterator[Breach]:
        stretches = judged_stretches(record, VIEWER)
        looks = [
            sight
            for sight in record.sights
            if sight.viewer == VIEWER and any(each.begin <= sight.at < each.end for each in stretches)
        ]
        shown = sum(1 for sight in looks if sight.live and sight.taken_at is not None)
        if len(looks) >= FEWEST_LOOKS and shown < SHARE * len(looks) - 1:
            words = f"{VIEWER} showed a live picture at {shown} of {len(looks)} looks without a fault"
            yield Breach(self.name, VIEWER, looks[-1].at, words)
