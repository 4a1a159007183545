"""What is answered about time-lapses over HTTP."""

from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, Field

from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.jobs import Job, JobState
from services.archiver.timelapse.queries import Plan
from services.archiver.timelapse.request import TimelapseRequest

PREFIX: Final = "/api/camera/timelapses"
_COPIED: Final = {
    "id",
    "state",
    "frames",
    "skipped",
    "fps",
    "width",
    "height",
    "bytes",
    "created_at",
    "started_at",
    "finished_at",
    "error",
}


class EstimateAnswer(BaseModel):
    """What a request would come to."""

    found: int = Field(description="frames in the range")
    frames: int = Field(description="frames that would be shown")
    fps: float
    length_seconds: float
    width: int
    height: int
    first_at: datetime = Field(description="when the first frame was captured")
    last_at: datetime

    @classmethod
    def of(cls, plan: Plan) -> Self:
        moments = plan.selection.moments
        return cls(
            found=plan.found,
            frames=len(moments),
            fps=float(plan.selection.fps),
            length_seconds=plan.selection.length_seconds,
            width=plan.width,
            height=plan.height,
            first_at=moments[0].captured_at,
            last_at=moments[-1].captured_at,
        )


class TimelapseAnswer(BaseModel):
    """One time-lapse: the request it came of, how far it is, and where its file is."""

    id: str
    state: JobState
    request: TimelapseRequest
    frames: int = Field(description="frames it shows")
    done: int = Field(description="frames that are through")
    skipped: int = Field(description="frames of those that were gone or damaged, and left out")
    progress: float = Field(description="from 0 to 1")
    fps: float
    length_seconds: float
    width: int
    height: int
    bytes: int | None = Field(description="size of the file, once it is done")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="when it will be deleted; null while that is open")
    error: str | None = Field(description="why it failed")
    file_url: str | None = Field(description="where the file is, once it is done, relative to this server")

    @classmethod
    def of(cls, job: Job, keep: timedelta | None) -> Self:
        is_done = job.state is JobState.DONE
        done = job.frames if is_done else job.done
        return cls(
            **job.model_dump(include=_COPIED),
            request=job.request,
            done=done,
            progress=min(1.0, done / max(1, job.frames)),
            length_seconds=job.length_seconds,
            expires_at=job.expires_at(keep),
            file_url=f"{PREFIX}/{job.id}/file" if is_done else None,
        )


class FormatAnswer(BaseModel):
    """A format, and what to do to get it where it is not at hand."""

    format: OutputFormat
    why_not: str | None


class TimelapsesAnswer(BaseModel):
    """All time-lapses, newest first."""

    timelapses: list[TimelapseAnswer]
    formats: list[FormatAnswer]


class Trouble(BaseModel):
    """What went wrong, and what to do."""

    detail: str
