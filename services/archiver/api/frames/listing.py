"""`GET /api/camera/frames` and its `/latest` and `/nearest`: which frames there are."""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter, HTTPException

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import At, CameraParameter, CursorParameter, Limit, Order, Selection
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, FrameAnswer, FramesAnswer
from services.archiver.api.turns import Turns, in_turn, quick_turns
from services.archiver.base import texts
from services.archiver.db.frame_query import Cursor
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame

_ONE: Final = error_responses(**REFUSAL_IN_LINE, unknown="Nothing is archived yet")


def listing_router(frame_rows: FrameRows, look_ups: Turns | None = None) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])
    look_up = [in_turn(look_ups or quick_turns())]

    @router.get(
        "",
        dependencies=look_up,
        summary="List the archived frames",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def list_frames(
        selection: Selection, cursor: CursorParameter = None, limit: Limit = 50, order: Order = "desc"
    ) -> FramesAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        rows, following = frame_rows.page(replace(selection, after=after, limit=limit, oldest_first=order == "asc"))
        return FramesAnswer(
            frames=[FrameAnswer.of(row) for row in rows], next_cursor=following.encode() if following else None
        )

    @router.get("/latest", dependencies=look_up, summary="The newest archived frame", responses=_ONE)
    def latest_frame(camera: CameraParameter = None) -> FrameAnswer:
        return _answer(frame_rows.latest(camera), camera)

    @router.get(
        "/nearest",
        dependencies=look_up,
        summary="The archived frame captured nearest to an instant",
        responses=_ONE,
    )
    def nearest_frame(at: At, camera: CameraParameter = None) -> FrameAnswer:
        return _answer(frame_rows.nearest(camera, at), camera)

    return router


def _answer(row: ArchivedFrame | None, camera: str | None) -> FrameAnswer:
    if row is None:
        raise HTTPException(404, texts.nothing_archived(camera))
    return FrameAnswer.of(row)
