"""`GET /api/camera/frames/capturing`: whether pictures are archived as they should be. It reads no disk and no rows."""

from collections.abc import Callable, Iterable
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.archiver.api.frames.schemas import PREFIX
from services.archiver.base.capture_rule import is_due
from services.archiver.base.epoch import from_seconds
from services.archiver.capture.camera_recorder import CameraRecorder


class CameraCapturing(BaseModel):
    """One camera's capturing since this archiver started."""

    camera: str
    interval_seconds: int | None = Field(description="null while the camera is disabled or removed")
    capture_when: str = Field(description="the rule that says when pictures are due")
    is_due: bool = Field(description="whether a picture of now would be archived")
    next_at: datetime | None = Field(description="when the next picture is due; null when none will be")
    next_at_is: str | None = Field(
        description="what that is called, such as `sunrise`, where the rule has a word for it"
    )
    missed_slots: int = Field(description="due slots that ended without a picture since the archiver's start")
    overdue_seconds: float | None = Field(
        description="for how long nothing was archived though the camera was live; null unless that is two intervals"
    )

    @classmethod
    def of(cls, recorder: CameraRecorder) -> "CameraCapturing":
        next_at, rule = recorder.next_at(), recorder.due_slots.rule
        begins = next_at is not None and not is_due(rule, next_at - 1)
        return cls(
            camera=recorder.presence.camera_key,
            interval_seconds=recorder.presence.interval_seconds,
            capture_when=str(rule),
            is_due=recorder.is_due(),
            next_at=None if next_at is None else from_seconds(next_at),
            next_at_is=rule.opening if begins else None,
            missed_slots=recorder.missed_slots.count,
            overdue_seconds=recorder.progress.overdue_seconds(),
        )


class CapturingAnswer(BaseModel):
    """All cameras that the archiver knows."""

    problem: str | None = Field(description="why pictures are missing though cameras are live, with what to do")
    problems: list[str] = Field(description="all that is wrong with the archive now, as in `/readyz`")
    cameras: list[CameraCapturing]


def capturing_router(
    recorders: Callable[[], Iterable[CameraRecorder]],
    why_not_archiving: Callable[[], str | None],
    problems: Callable[[], list[str]],
) -> APIRouter:
    """The endpoint runs on the loop. Many pages may ask for it, and one each second: it reads memory alone."""
    router = APIRouter(prefix=PREFIX, tags=["frames"])

    @router.get("/capturing", summary="Whether pictures are archived as they should be")
    async def capturing() -> CapturingAnswer:
        return CapturingAnswer(
            problem=why_not_archiving(),
            problems=problems(),
            cameras=[CameraCapturing.of(recorder) for recorder in recorders()],
        )

    return router
