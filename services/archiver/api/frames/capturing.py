"""`GET /api/camera/frames/capturing`: whether pictures are archived as they should be. It reads neither disk nor rows."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.archiver.api.frames.schemas import PREFIX
from services.archiver.capture.camera_recorder import CameraRecorder


class CameraCapturing(BaseModel):
    """One camera's capturing since this archiver started."""

    camera: str
    interval_seconds: int | None = Field(description="null while the camera is disabled or removed")
    missed_slots: int = Field(description="slots that ended without a picture since the archiver's start")
    overdue_seconds: float | None = Field(
        description="for how long nothing was archived though the camera was live; null unless that is two intervals"
    )

    @classmethod
    def of(cls, recorder: CameraRecorder) -> "CameraCapturing":
        return cls(
            camera=recorder.presence.camera_key,
            interval_seconds=recorder.presence.interval_seconds,
            missed_slots=recorder.missed_slots.count,
            overdue_seconds=recorder.progress.overdue_seconds(),
        )


class CapturingAnswer(BaseModel):
    """All cameras that the archiver knows."""

    problem: str | None = Field(description="why pictures are missing though cameras are live, with what to do")
    cameras: list[CameraCapturing]


def capturing_router(
    recorders: Callable[[], Iterable[CameraRecorder]], why_not_archiving: Callable[[], str | None]
) -> APIRouter:
    """The endpoint runs on the loop: it only looks at what is in memory, so many pages may ask for it."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("/capturing", summary="Whether pictures are archived as they should be")
    async def capturing() -> CapturingAnswer:
        return CapturingAnswer(
            problem=why_not_archiving(), cameras=[CameraCapturing.of(recorder) for recorder in recorders()]
        )

    return router
