"""The archive over HTTP: capturing now, and deleting."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import JSONResponse

from services.archiver.api.frames.images import row_of
from services.archiver.api.parameters import CameraToCapture, FrameId
from services.archiver.api.schemas import PREFIX, FrameAnswer, troubles
from services.archiver.base.errors import DatabaseUnavailableError, EncodeFailedError, StorageUnavailableError
from services.archiver.capture.manual import NoPictureError, UnknownCameraError
from services.archiver.db.frames import Catalog
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger

Capture = Callable[[str | None], Awaitable[ArchivedFrame | None]]
log = get_logger(__name__)


def changes_router(catalog: Catalog, shelf: FrameFiles, capture: Capture) -> APIRouter:
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.post(
        "",
        summary="Capture a frame now, besides those of the slots",
        status_code=201,
        responses=troubles(
            later="The picture is kept and will be listed when the database is back",
            unknown="No such camera",
            parameter="A parameter can't be used",
            away="The camera gives no live picture, or the picture can't be kept",
        ),
    )
    async def capture_now(response: Response, camera: CameraToCapture = None) -> FrameAnswer:
        try:
            row = await capture(camera)
        except UnknownCameraError:
            which = "camera is" if camera is None else f"camera '{camera}' is"
            raise HTTPException(404, f"No {which} known: /api/devices lists the cameras.") from None
        except (NoPictureError, EncodeFailedError) as error:
            raise HTTPException(
                503, f"The camera gives no picture to keep: {error}. Try again later.", {"Retry-After": "5"}
            ) from None
        if row is None:
            return JSONResponse(  # type: ignore[return-value] # another answer than the model's
                {"detail": "The picture is kept. It will be listed when the database is back."}, 202
            )
        response.headers["Location"] = f"{PREFIX}/{row.id}"
        return FrameAnswer.of(row)

    @router.delete(
        "/{frame_id}",
        summary="Delete a frame for good",
        status_code=204,
        responses=troubles(unknown="No such frame", away="The database is away: try again later"),
    )
    def delete_frame(frame_id: FrameId) -> None:
        row = row_of(catalog, frame_id)
        catalog.delete([frame_id], leave_gaps=True)
        log.info("frame deleted", id=frame_id, path=row.path)
        try:
            shelf.remove(row.path)
            catalog.deletions_done([row.path])
        except (StorageUnavailableError, DatabaseUnavailableError) as error:
            log.warning("a deleted frame's file goes later", path=row.path, reason=str(error))

    return router
