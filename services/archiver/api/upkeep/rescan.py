"""`GET` and `POST /api/camera/frames/rescan`: compares the archive's files with its rows, in the background."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from services.archiver.api.error_responses import error_responses
from services.archiver.base import rescan_texts
from services.archiver.upkeep.report import CameraFindings
from services.archiver.upkeep.rescan import RescanOptions
from services.archiver.upkeep.rescan_job import RescanJob, RescanState

Hashes = Annotated[bool, Query(description="read every file; false compares the sizes alone")]
Drop = Annotated[bool, Query(description="take out the rows whose files are gone")]


class CameraFindingsAnswer(BaseModel):
    """What the rows of one camera lack, in numbers. The log and `framecast rescan --json` name each file."""

    camera: str
    frames: int
    whole: int
    missing: int = Field(description="rows whose file was gone")
    changed: int = Field(description="files with other bytes than were archived")
    unreadable: int = Field(description="files that can't be looked at now")
    listed_elsewhere: dict[str, int] = Field(description="how many of the missing ones another camera has, by its key")
    dropped: int = Field(description="rows of missing files that were taken out")

    @classmethod
    def of(cls, found: CameraFindings) -> Self:
        return cls(
            camera=found.camera_key,
            frames=found.rows,
            whole=found.whole,
            missing=len(found.missing),
            changed=len(found.changed),
            unreadable=len(found.unreadable),
            listed_elsewhere=dict(found.elsewhere),
            dropped=found.dropped,
        )


class RescanAnswer(BaseModel):
    """The rescan that runs, or the last one since the archiver's start."""

    is_running: bool
    checked: int = Field(description="rows, so far")
    total: int | None = Field(description="how many rows there are to look at")
    started_at: datetime | None
    ended_at: datetime | None
    is_right: bool | None = Field(description="whether every file and row is whole now; null before the end")
    missing: int = Field(description="rows without a file, in the end")
    words: list[str] = Field(description="the report in sentences, or why it could not be finished")
    cameras: list[CameraFindingsAnswer]

    @classmethod
    def of(cls, state: RescanState) -> Self:
        report = state.report
        words = report.words() if report else [rescan_texts.rescan_failed(state.error)] if state.error else []
        return cls(
            is_running=state.is_running,
            checked=state.checked,
            total=state.total,
            started_at=state.started_at,
            ended_at=state.ended_at,
            is_right=None if state.is_running else report.is_right if report else None,
            missing=report.missing if report else 0,
            words=words,
            cameras=[CameraFindingsAnswer.of(camera) for camera in report.cameras] if report else [],
        )


def rescan_router(job: RescanJob) -> APIRouter:
    """The endpoints run on the loop and do not block."""
    router = APIRouter(tags=["upkeep"])

    @router.get("/api/camera/frames/rescan", summary="The rescan that runs, or the last one")
    async def last_rescan() -> RescanAnswer:
        return RescanAnswer.of(job.state)

    @router.post(
        "/api/camera/frames/rescan",
        summary="Compare the archive's files with its rows",
        status_code=202,
        responses=error_responses(unfinished="One runs already", parameter="A parameter can't be used"),
    )
    async def start_rescan(hashes: Hashes = True, drop_missing: Drop = False) -> RescanAnswer:
        if not job.start(RescanOptions(with_hashes=hashes, drop_missing=drop_missing)):
            raise HTTPException(409, rescan_texts.RESCAN_RUNS)
        return RescanAnswer.of(job.state)

    return router
