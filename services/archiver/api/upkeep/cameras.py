"""`/api/camera/frames/cameras`: the archive's cameras, configured or not; rename one, forget one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, Field

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.schemas import ANY_REFUSAL, PREFIX, REFUSAL_IN_LINE
from services.archiver.api.turns import in_turn
from services.archiver.base import camera_texts
from services.archiver.base.errors import CameraChangingError, UnknownCameraError
from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.cameras import ArchivedCamera, CameraRows
from services.archiver.upkeep.camera_changes import ChangeResult
from services.archiver.upkeep.camera_job import CameraJob
from shared.bus.topics import KEY_PATTERN
from shared.logs import get_logger

PATIENCE_SECONDS: Final = 10.0
CameraKey = Annotated[str, Path(pattern=KEY_PATTERN, max_length=63, description="a camera's key")]
Confirmation = Annotated[str, Query(max_length=63, description="the same key again: its pictures are lost")]
_CHANGE: Final = error_responses(
    **ANY_REFUSAL,
    later="It goes on in the background",
    unknown="No such camera",
    unfinished="Another change is going on",
)
log = get_logger(__name__)


class ArchivedCameraAnswer(BaseModel):
    """How much the archive has of one camera."""

    camera: str = Field(description="its key")
    name: str
    frames: int
    bytes: int = Field(description="of the frames' files with their thumbnails")
    first_at: datetime | None = Field(description="when its first frame was captured")
    last_at: datetime | None = Field(description="when its last frame was captured")
    interval_seconds: int | None = Field(description="between two frames, as it was last heard")
    configured: bool = Field(description="whether ingest reports this camera now")
    is_changing: bool = Field(description="whether it is being renamed or forgotten")

    @classmethod
    def of(cls, found: ArchivedCamera, *, configured: bool, is_changing: bool) -> Self:
        return cls(
            camera=found.key,
            name=found.name,
            frames=found.frames,
            bytes=found.bytes,
            first_at=found.first_at and found.first_at.astimezone(UTC),
            last_at=found.last_at and found.last_at.astimezone(UTC),
            interval_seconds=found.interval_seconds,
            configured=configured,
            is_changing=is_changing,
        )


class ArchivedCamerasAnswer(BaseModel):
    """All cameras that have frames or were ever heard, by key."""

    cameras: list[ArchivedCameraAnswer]


class NewKey(BaseModel):
    """Which key a camera's pictures get."""

    to: str = Field(pattern=KEY_PATTERN, max_length=63, description="the new key; another camera's merges both")


class ChangeAnswer(BaseModel):
    """What came of a change."""

    detail: str
    is_complete: bool = Field(description="false while it goes on, and when some frames keep the old key")


def cameras_router(rows: CameraRows, changes: CameraChanges, is_configured: Callable[[str], bool]) -> APIRouter:
    """The endpoint is a plain function, so it runs on a thread and may block. `is_configured` says so of a key."""
    router = APIRouter(prefix=f"{PREFIX}/cameras", tags=["cameras"])

    @router.get(
        "",
        dependencies=[in_turn()],
        summary="The archive's cameras, configured or not",
        responses=error_responses(**REFUSAL_IN_LINE),
    )
    def list_cameras() -> ArchivedCamerasAnswer:
        changing = {change.key for change in changes.unfinished()}
        found = (
            ArchivedCameraAnswer.of(each, configured=is_configured(each.key), is_changing=each.key in changing)
            for each in rows.all()
        )
        return ArchivedCamerasAnswer(cameras=list(found))

    return router


def camera_change_router(job: CameraJob) -> APIRouter:
    """The endpoints run on the loop and do not block."""
    router = APIRouter(prefix=f"{PREFIX}/cameras", tags=["cameras"])

    async def change(key: str, new_key: str | None, response: Response) -> ChangeAnswer:
        log.info("a camera's change was asked for", camera=key, to=new_key)
        try:
            result = await job.change(key, new_key, PATIENCE_SECONDS)
        except UnknownCameraError:
            raise HTTPException(404, camera_texts.camera_not_archived(key)) from None
        except CameraChangingError as error:
            raise HTTPException(409, camera_texts.camera_is_changing(error)) from None
        response.status_code = 202 if result is None else 200
        result = result or ChangeResult(camera_texts.CHANGE_GOES_ON, is_complete=False)
        return ChangeAnswer(detail=result.words, is_complete=result.is_complete)

    @router.post("/{key}/rename", summary="Give a camera's pictures another key", responses=_CHANGE)
    async def rename(key: CameraKey, new: NewKey, response: Response) -> ChangeAnswer:
        if new.to == key:
            raise HTTPException(422, camera_texts.same_key(key))
        return await change(key, new.to, response)

    @router.delete("/{key}", summary="Delete all pictures of a camera, and what is known of it", responses=_CHANGE)
    async def forget(key: CameraKey, confirm: Confirmation, response: Response) -> ChangeAnswer:
        if confirm != key:
            raise HTTPException(422, camera_texts.not_confirmed(key))
        return await change(key, None, response)

    return router
