"""The JSON of time-lapses. Times are UTC."""

from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, Field

from services.archiver.timelapse.formats import OutputFormat
from services.archiver.timelapse.job import Job, JobState
from services.archiver.timelapse.queries import RenderPlan
from services.archiver.timelapse.request import TimelapseRequest

PREFIX: Final = "/api/camera/timelapses"
ANY_REFUSAL: Final = {"away": "The archive can't be used: try again later", "parameter": "A parameter can't be used"}
"""What every endpoint may answer; for `error_responses`."""
_COPIED: Final = {
    "id",
    "camera",
    "format",
    "state",
    "request",
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
    """What a request would amount to."""

    found: int = Field(description="frames in the range")
    frames: int = Field(description="frames that would be shown")
    fps: float
    length_seconds: float
    width: int
    height: int
    bytes: int = Field(description="roughly how large the file would be")
    first_at: datetime = Field(description="when the first frame was captured")
    last_at: datetime

    @classmethod
    def of(cls, plan: RenderPlan) -> Self:
        frames = plan.selection.frames
        return cls(
            found=plan.found,
            frames=len(frames),
            fps=float(plan.selection.fps),
            length_seconds=plan.selection.length_seconds,
            width=plan.width,
            height=plan.height,
            bytes=plan.byte_count,
            first_at=frames[0].captured_at,
            last_at=frames[-1].captured_at,
        )


class TimelapseAnswer(BaseModel):
    """One time-lapse: its request, its progress, and where its file is."""

    id: str
    camera: str
    format: OutputFormat
    state: JobState
    request: TimelapseRequest | None = Field(description="null when its record was lost, and its video doesn't say it")
    schedule: str | None = Field(
        description="the entry of TIMELAPSE_SCHEDULE that it was made for; null if it was requested"
    )
    recovered: bool = Field(description="whether its record was lost, and this is what its video says")
    frames: int = Field(description="frames it shows")
    done: int = Field(description="frames that are finished")
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
    expires_at: datetime | None = Field(description="when it will be deleted; null for never, and until it is finished")
    error: str | None = Field(description="why it failed")
    file_url: str | None = Field(description="where the file is, once it is done, relative to this server")
    poster_url: str | None = Field(description="where a picture is that stands for it, if there is one")

    @classmethod
    def of(cls, job: Job, keep: timedelta | None) -> Self:
        is_done = job.state is JobState.DONE
        done = job.frames if is_done else job.done
        return cls(
            **{name: getattr(job, name) for name in _COPIED},
            recovered=job.recovered is not None,
            schedule=None if job.schedule is None else job.schedule.entry,
            done=done,
            progress=min(1.0, done / max(1, job.frames)),
            length_seconds=job.length_seconds,
            expires_at=job.expires_at(keep),
            file_url=f"{PREFIX}/{job.id}/file" if is_done else None,
            poster_url=f"{PREFIX}/{job.id}/poster" if is_done and job.has_poster else None,
        )


class FormatAnswer(BaseModel):
    """A format, and what to do to get it if it is not available."""

    format: OutputFormat
    why_not: str | None


class TimelapsesAnswer(BaseModel):
    """All time-lapses, newest first."""

    timelapses: list[TimelapseAnswer]
    formats: list[FormatAnswer]
