"""`GET /api/camera/frames/gaps`: the slots without a picture, and why."""

from fastapi import APIRouter

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import CameraParameter, CursorParameter, Limit, Range
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, GapAnswer, GapsAnswer
from services.archiver.api.turns import in_turn
from services.archiver.base.epoch import from_seconds, to_seconds
from services.archiver.db.frame_query import Cursor
from services.archiver.db.gaps import GapQuery, GapRows


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
        stretch: Range, camera: CameraParameter = None, cursor: CursorParameter = None, limit: Limit = 100
    ) -> GapsAnswer:
        after = None if cursor is None else Cursor.decode(cursor)
        place = None if after is None else (to_seconds(after.captured_at), after.id)
        since, until = (None if instant is None else to_seconds(instant) for instant in stretch)
        gaps, following = gap_rows.gaps(GapQuery(camera, since, until, place, limit))
        next_cursor = Cursor(from_seconds(following[0]), following[1]).encode() if following else None
        return GapsAnswer(gaps=[GapAnswer.of(gap) for gap in gaps], next_cursor=next_cursor)

    return router
