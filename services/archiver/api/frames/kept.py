"""`PUT /api/camera/frames/{id}/kept` marks a frame as kept, `DELETE` takes the mark away. Retention spares such frames.

The mark beside the file is the truth, and the row follows. So the mark is written before the row and taken away after
it: an interruption leaves a frame that is kept, never one that has lost its mark.
"""

from typing import Final

from fastapi import APIRouter, HTTPException

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.images import row_of
from services.archiver.api.frames.parameters import FrameId
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, FrameAnswer
from services.archiver.api.turns import in_turn
from services.archiver.base import texts
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger

_RESPONSES: Final = error_responses(**REFUSAL_IN_LINE, unknown="No such frame")
log = get_logger(__name__)


def kept_router(frame_rows: FrameRows, frame_files: FrameFiles) -> APIRouter:
    """The endpoints are plain functions, so they run on threads and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])
    turn = [in_turn()]

    @router.put("/{frame_id}/kept", dependencies=turn, summary="Mark a frame as kept", responses=_RESPONSES)
    def keep_frame(frame_id: FrameId) -> FrameAnswer:
        path = row_of(frame_rows, frame_id).path
        frame_files.mark_kept(path)
        frame_rows.set_kept([path], is_kept=True)
        row = frame_rows.get(frame_id)
        if row is None:  # deleted meanwhile
            frame_files.unmark_kept(path)
            raise HTTPException(404, texts.no_such_frame(frame_id))
        log.info("frame marked as kept", id=frame_id, path=path)
        return FrameAnswer.of(row)

    @router.delete(
        "/{frame_id}/kept", dependencies=turn, summary="Leave a kept frame to retention again", responses=_RESPONSES
    )
    def leave_frame(frame_id: FrameId) -> FrameAnswer:
        path = row_of(frame_rows, frame_id).path
        frame_rows.set_kept([path], is_kept=False)
        frame_files.unmark_kept(path)
        log.info("frame no longer kept", id=frame_id, path=path)
        return FrameAnswer.of(row_of(frame_rows, frame_id))

    return router
