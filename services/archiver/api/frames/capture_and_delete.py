"""`POST /api/camera/frames` captures a frame now; `DELETE /api/camera/frames/{id}` deletes one."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.capture_limit import CaptureLimit
from services.archiver.api.frames.images import row_of
from services.archiver.api.frames.parameters import CameraToCapture, FrameId
from services.archiver.api.frames.schemas import PREFIX, REFUSAL_IN_LINE, FrameAnswer
from services.archiver.api.turns import in_turn, while_client_waits
from services.archiver.base import texts
from services.archiver.base.errors import (
    DatabaseUnavailableError,
    EncodeFailedError,
    NoPictureError,
    StorageUnavailableError,
    UnknownCameraError,
)
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger

Capture = Callable[[str | None], Coroutine[Any, Any, ArchivedFrame | None]]
log = get_logger(__name__)


def capture_router(capture: Capture) -> APIRouter:
    """`capture` archives a frame of the camera now; see `ManualCapture`."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.post(
        "",
        dependencies=[Depends(CaptureLimit(), scope="function")],
        summary="Capture a frame now, besides those of the slots",
        status_code=201,
        response_model=FrameAnswer,
        responses=error_responses(
            later="The picture is kept and will be listed when the database is back",
            unknown="No such camera",
            parameter="A parameter can't be used",
            full="Too many are under way, or your address captures too fast",
            away="The camera gives no live picture, or the picture can't be kept",
        ),
    )
    async def capture_now(
        request: Request, response: Response, camera: CameraToCapture = None
    ) -> FrameAnswer | JSONResponse:
        try:
            row = await while_client_waits(request, capture(camera))
        except UnknownCameraError:
            raise HTTPException(404, texts.unknown_camera(camera)) from None
        except (NoPictureError, EncodeFailedError) as error:
            raise HTTPException(503, texts.no_picture(error), {"Retry-After": "5"}) from None
        if row is None:
            return JSONResponse({"detail": texts.CAPTURED_UNLISTED}, 202)
        response.headers["Location"] = f"{PREFIX}/{row.id}"
        return FrameAnswer.of(row)

    return router


def delete_router(frame_rows: FrameRows, frame_files: FrameFiles) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.delete(
        "/{frame_id}",
        dependencies=[in_turn()],
        summary="Delete a frame for good",
        status_code=204,
        responses=error_responses(**REFUSAL_IN_LINE, unknown="No such frame"),
    )
    def delete_frame(frame_id: FrameId) -> None:
        row = row_of(frame_rows, frame_id)
        frame_rows.delete([frame_id], leave_gaps=True)
        log.info("frame deleted", id=frame_id, path=row.path)
        try:
            frame_files.remove(row.path)
            frame_rows.deletions_done([row.path])
        except (StorageUnavailableError, DatabaseUnavailableError) as error:
            log.warning("a deleted frame's file goes later", path=row.path, reason=str(error))

    return router
