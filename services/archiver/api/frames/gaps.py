"""`GET /api/camera/frames/gaps`: the slots without a picture, and why."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CameraParameter, CursorParameter, Limit, Range
from services.archiver.api.frames.schemas import (
    PREFIX,
    REFUSAL_IN_LINE,
    GapAnswer,
    GapsAnswer,
    JoinedGapAnswer,
    JoinedGapsAnswer,
)
from services.archiver.api.turns import in_turn
from services.archiver.base.epoch import from_seconds, to_seconds
from services.archiver.db.frame_query import Cursor
from services.archiver.db.gaps import GapQuery, GapRows

_LONGEST_RESOLUTION: Final = 400 * 86_400
Resolution = Annotated[
    int | None,
    Query(
        ge=1,
        le=_LONGEST_RESOLUTION,
        description="seconds: gaps of a camera that begin within the same stretch of so long come as one, with their "
        "number in `gaps`; `limit` then counts those stretches",
    ),
]


def gaps_router(gap_rows: GapRows) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/gaps",
        dependencies=[in_turn()],
        summary="The slots without a picture, and why",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def list_gaps(
        stretch: Range,
        camera: CameraParameter = None,
        resolution: Resolution = None,
        cursor: CursorParameter = None,
        limit: Limit = 100,
    ) -> GapsAnswer | JoinedGapsAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        place = None if after is None else (to_seconds(after.captured_at), after.id)
        since, until = (None if instant is None else to_seconds(instant) for instant in stretch)
        query = GapQuery(camera, since, until, place, limit)
        return _each(gap_rows, query) if resolution is None else _joined(gap_rows, query, resolution)

    return router


def _each(gap_rows: GapRows, query: GapQuery) -> GapsAnswer:
    gaps, following = gap_rows.gaps(query)
    next_cursor = Cursor(from_seconds(following[0]), following[1]).encode() if following else None
    return GapsAnswer(gaps=[GapAnswer.of(gap) for gap in gaps], next_cursor=next_cursor)


def _joined(gap_rows: GapRows, query: GapQuery, resolution: int) -> JoinedGapsAnswer:
    gaps, next_start = gap_rows.joined(query, resolution)
    # No gap has the id 0, so those that begin at the next start come after it.
    next_cursor = None if next_start is None else Cursor(from_seconds(next_start), 0).encode()
    return JoinedGapsAnswer(gaps=[JoinedGapAnswer.of_joined(gap) for gap in gaps], next_cursor=next_cursor)
