"""`GET /api/camera/frames/zip`: the selected frames as one zip file."""

from dataclasses import replace

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import Selection
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE
from services.archiver.api.frames.zip_stream import MOST_FRAMES, zip_name, zipped
from services.archiver.api.turns import in_turn
from services.archiver.base import texts
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles


def zip_router(frame_rows: FrameRows, frame_files: FrameFiles) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/zip",
        dependencies=[in_turn()],
        summary="Download frames as a zip file",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"application/zip": {}}, "description": "The files, named as on the disk"},
            **error_responses(**REFUSAL_IN_LINE, unknown="There are no such frames"),
        },
    )
    def download(selection: Selection) -> StreamingResponse:
        query = replace(selection, oldest_first=True)
        count = frame_rows.count(query)
        if not count:
            raise HTTPException(404, texts.NOTHING_TO_ZIP)
        if count > MOST_FRAMES:
            raise HTTPException(422, texts.too_many_to_zip(count, MOST_FRAMES))
        disposition = f'attachment; filename="{zip_name(frame_rows, query)}"'
        return StreamingResponse(
            zipped(frame_rows, frame_files, query),
            media_type="application/zip",
            headers={"Content-Disposition": disposition},
        )

    return router
