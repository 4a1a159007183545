"""`GET /api/camera/frames/days`: how much there is of each local day, and what is missing; for a calendar."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CameraParameter, Range, Zone
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, DayAnswer, DaysAnswer, slots_in
from services.archiver.api.turns import Client, in_turn
from services.archiver.base import texts
from services.archiver.base.epoch import to_seconds
from services.archiver.base.local_time import Window, day_windows
from services.archiver.db.frames import Amount, FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveGap

MOST_DAYS: Final = 400
USUAL_DAYS: Final = 31


def days_router(frame_rows: FrameRows, gap_rows: GapRows) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/days",
        summary="What there is of each day, for a calendar",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def list_days(
        client: Annotated[Client, in_turn()], stretch: Range, camera: CameraParameter = None, tz: Zone = "UTC"
    ) -> DaysAnswer:
        (since, until), zone = stretch, ZoneInfo(tz)
        last = datetime.now(UTC) if until is None else until - timedelta(microseconds=1)
        first = last - timedelta(days=USUAL_DAYS - 1) if since is None else since
        if last - first > timedelta(days=MOST_DAYS):
            raise HTTPException(422, texts.too_many_days(MOST_DAYS))
        days = list(day_windows(first, last, zone))
        amounts = frame_rows.amounts(camera, _while_wanted((window for _, window in days), client))
        return DaysAnswer(days=_days(days, amounts, gap_rows, camera))

    return router


def _while_wanted(windows: Iterable[Window], client: Client) -> Iterable[Window]:
    """Each is a query of its own."""
    for window in windows:
        client.check()
        yield window


def _days(
    days: Sequence[tuple[date, Window]], amounts: Iterable[Amount], gap_rows: GapRows, camera_key: str | None
) -> list[DayAnswer]:
    """Only the days that have frames or gaps."""
    if not days:
        return []
    begin, end = to_seconds(days[0][1][0]), to_seconds(days[-1][1][1])
    gaps = [gap for gap in _all_gaps(gap_rows, camera_key, begin, end) if gap.reason != GapReason.DELETED]
    found = []
    for (day, window), amount in zip(days, amounts, strict=True):
        since, until = map(to_seconds, window)
        missed = sum(slots_in(gap, since, until) for gap in gaps)
        if amount.frames or missed:
            found.append(DayAnswer(date=day, frames=amount.frames, bytes=amount.bytes, missed=missed))
    return found


def _all_gaps(gap_rows: GapRows, camera_key: str | None, since: int, until: int) -> Iterable[ArchiveGap]:
    after: tuple[int, int] | None = None
    while True:
        gaps, after = gap_rows.gaps(GapQuery(camera_key, since, until, after))
        yield from gaps
        if after is None:
            return
