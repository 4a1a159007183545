"""`GET /api/camera/frames/days`: how much there is of each local day, and what is missing; for a calendar."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CameraParameter, Range, Zone
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, DayAnswer, DaysAnswer, slots_in
from services.archiver.api.turns import Client, in_turn
from services.archiver.base import texts
from services.archiver.base.epoch import to_seconds
from services.archiver.base.local_time import Window, day_windows
from services.archiver.db.frame_queries import Amount
from services.archiver.db.frames import FrameRows
from services.archiver.db.gap_columns import GapSpan
from services.archiver.db.gaps import GapRows

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
        client: Annotated[Client, in_turn()], stretch: Range, zone: Zone, camera: CameraParameter = None
    ) -> DaysAnswer:
        since, until = stretch
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
    windows = [(to_seconds(since), to_seconds(until)) for _, (since, until) in days]
    missed = _missed(windows, gap_rows.missed_spans(camera_key, windows[0][0], windows[-1][1]))
    return [
        DayAnswer(date=day, frames=amount.frames, bytes=amount.bytes, missed=count)
        for (day, _), amount, count in zip(days, amounts, missed, strict=True)
        if amount.frames or count
    ]


def _missed(windows: Sequence[tuple[int, int]], spans: Iterable[GapSpan]) -> list[int]:
    """The slots that begin in each of the windows, which follow each other. One pass, whatever the number of days."""
    missed, begins = [0] * len(windows), [since for since, _ in windows]
    for span in spans:
        place = max(0, bisect_right(begins, span.start) - 1)
        while place < len(windows) and windows[place][0] < span.end:
            missed[place] += slots_in(span, *windows[place])
            place += 1
    return missed
