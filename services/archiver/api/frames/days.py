"""The calendar: what there is of each day, and what is missing. Joins catalog and ledger."""

from collections.abc import Iterable
from datetime import date

from services.archiver.api.schemas import DayAnswer, slots_in
from services.archiver.base.epoch import to_seconds
from services.archiver.base.local_time import Window
from services.archiver.db.frames import Catalog
from services.archiver.db.gaps import GapQuery, Ledger
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveGap


def days_of(
    catalog: Catalog, ledger: Ledger, camera_key: str | None, days: Iterable[tuple[date, Window]]
) -> list[DayAnswer]:
    """Of the days that have frames or gaps."""
    days = list(days)
    if not days:
        return []
    begin, end = to_seconds(days[0][1][0]), to_seconds(days[-1][1][1])
    gaps = [gap for gap in _all_gaps(ledger, camera_key, begin, end) if gap.reason != GapReason.DELETED]
    found = []
    for (day, window), amount in zip(days, catalog.amounts(camera_key, (window for _, window in days)), strict=True):
        since, until = map(to_seconds, window)
        missed = sum(slots_in(gap, since, until) for gap in gaps)
        if amount.frames or missed:
            found.append(DayAnswer(date=day, frames=amount.frames, bytes=amount.bytes, missed=missed))
    return found


def _all_gaps(ledger: Ledger, camera_key: str | None, since: int, until: int) -> Iterable[ArchiveGap]:
    after: tuple[int, int] | None = None
    while True:
        gaps, after = ledger.gaps(GapQuery(camera_key, since, until, after))
        yield from gaps
        if after is None:
            return
