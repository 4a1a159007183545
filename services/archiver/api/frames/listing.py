"""The archive over HTTP, under `/api/camera/frames`: what is there and what is missing.

`picture_routes.py` has the pictures, `changes.py` what changes the archive.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException

from services.archiver.api.frames.days import days_of
from services.archiver.api.parameters import At, CameraParameter, CursorParameter, Limit, Order, Range, Selection, Zone
from services.archiver.api.schemas import PREFIX, DaysAnswer, FrameAnswer, FramesAnswer, GapAnswer, GapsAnswer, troubles
from services.archiver.base.epoch import from_seconds, to_seconds
from services.archiver.base.local_time import day_windows
from services.archiver.db.frames import Catalog, Cursor
from services.archiver.db.gaps import GapQuery, Ledger

MOST_DAYS: Final = 400
USUAL_DAYS: Final = 31
_ANY: Final = {"away": "The database is away: try again later", "parameter": "A parameter can't be used"}


def frames_router(catalog: Catalog, ledger: Ledger) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("", summary="List the archived frames", responses=troubles(**_ANY))
    def list_frames(
        selection: Selection, cursor: CursorParameter = None, limit: Limit = 50, order: Order = "desc"
    ) -> FramesAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        rows, following = catalog.page(replace(selection, after=after, limit=limit, oldest_first=order == "asc"))
        return FramesAnswer(
            frames=[FrameAnswer.of(row) for row in rows], next_cursor=following.encode() if following else None
        )

    @router.get(
        "/latest", summary="The newest archived frame", responses=troubles(**_ANY, unknown="Nothing is archived yet")
    )
    def latest_frame(camera: CameraParameter = None) -> FrameAnswer:
        return FrameAnswer.of(catalog.latest(camera) or _nothing_yet(camera))

    @router.get(
        "/nearest",
        summary="The archived frame captured nearest to an instant",
        responses=troubles(**_ANY, unknown="Nothing is archived yet"),
    )
    def nearest_frame(at: At, camera: CameraParameter = None) -> FrameAnswer:
        return FrameAnswer.of(catalog.nearest(camera, at) or _nothing_yet(camera))

    @router.get("/gaps", summary="The slots without a picture, and why", responses=troubles(**_ANY))
    def list_gaps(
        stretch: Range, camera: CameraParameter = None, cursor: CursorParameter = None, limit: Limit = 100
    ) -> GapsAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        place = None if after is None else (to_seconds(after.captured_at), after.id)
        since, until = (None if instant is None else to_seconds(instant) for instant in stretch)
        gaps, following = ledger.gaps(GapQuery(camera, since, until, place, limit))
        next_cursor = Cursor(from_seconds(following[0]), following[1]).encode() if following else None
        return GapsAnswer(gaps=[GapAnswer.of(gap) for gap in gaps], next_cursor=next_cursor)

    @router.get("/days", summary="What there is of each day, for a calendar", responses=troubles(**_ANY))
    def list_days(stretch: Range, camera: CameraParameter = None, tz: Zone = "UTC") -> DaysAnswer:
        (since, until), zone = stretch, ZoneInfo(tz)
        last = datetime.now(UTC) if until is None else until - timedelta(microseconds=1)
        first = last - timedelta(days=USUAL_DAYS - 1) if since is None else since
        if last - first > timedelta(days=MOST_DAYS):
            raise HTTPException(422, f"'from' and 'to' are more than {MOST_DAYS} days apart: ask in several parts.")
        return DaysAnswer(days=days_of(catalog, ledger, camera, day_windows(first, last, zone)))

    return router


def _nothing_yet(camera: str | None) -> NoReturn:
    whose = "" if camera is None else f" of the camera '{camera}'"
    raise HTTPException(404, f"No frame{whose} is archived yet: /api/devices lists the cameras.")
