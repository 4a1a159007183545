"""`GET /api/camera/frames/zip`: the selected frames as one zip file."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import StreamingResponse

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.downloads import Downloads
from services.archiver.api.frames.parameters import Selection, Zone
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE
from services.archiver.api.frames.zip_stream import MOST_FRAMES, zip_name, zipped
from services.archiver.api.turns import in_turn
from services.archiver.base import texts
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles

READERS: Final = 2
"""How many pieces are read at a time, of all downloads together: a disk that hangs holds no more threads."""


def zip_router(frame_rows: FrameRows, frame_files: FrameFiles) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block. Zip files have threads of their own."""
    threads = CapacityLimiter(READERS)
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get(
        "/zip",
        dependencies=[in_turn(), Depends(Downloads(), scope="request")],
        summary="Download frames as a zip file",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"application/zip": {}}, "description": "The files, named by local time"},
            **error_responses(**REFUSAL_IN_LINE, unknown="There are no such frames"),
        },
    )
    def download(selection: Selection, zone: Zone) -> StreamingResponse:
        query = replace(selection, oldest_first=True)
        count = frame_rows.count(query)
        if not count:
            raise HTTPException(404, texts.NOTHING_TO_ZIP)
        if count > MOST_FRAMES:
            raise HTTPException(422, texts.too_many_to_zip(count, MOST_FRAMES))
        disposition = f'attachment; filename="{zip_name(frame_rows, query, zone)}"'
        return StreamingResponse(
            _on_threads(zipped(frame_rows, frame_files, query, zone), threads),
            media_type="application/zip",
            headers={"Content-Disposition": disposition},
        )

    return router


async def _on_threads(pieces: Iterator[bytes], threads: CapacityLimiter) -> AsyncIterator[bytes]:
    """The pieces, each made when the one before has been sent. A client that goes ends it with the piece under way."""
    while (piece := await run_sync(next, pieces, None, limiter=threads)) is not None:
        yield piece
