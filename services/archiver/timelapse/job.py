"""A time-lapse job: what its record says, and the rules that follow from it. Reads no disk."""

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.archiver.base.retention_policy import parse_age
from services.archiver.timelapse.formats import DEFAULT_FORMAT, FACTS, OutputFormat, format_of_suffix
from services.archiver.timelapse.request import TimelapseRequest

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,62}_\d{8}T\d{6}Z_[0-9a-f]{6}$"
_ID_TIME: Final = "%Y%m%dT%H%M%SZ"


class JobState(StrEnum):
    """The stages of a job."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"


class ScheduleMark(BaseModel):
    """What an automatic time-lapse was made for."""

    model_config = ConfigDict(frozen=True)

    entry: str
    """The entry of TIMELAPSE_SCHEDULE, in its own words."""
    period: str
    """The local days that it shows: the first one, a slash, and the one after the last."""
    keep: str | None = None
    """How long it is kept; by TIMELAPSE_KEEP if this is None."""
    replaces: bool = False
    """Whether it takes the place of the one before."""


class Job(BaseModel):
    """One time-lapse: requested, rendering or finished. Its number of frames is exact once it renders."""

    model_config = ConfigDict(frozen=True)

    id: str
    request: TimelapseRequest | None
    """None when its record was lost, and the video does not say it."""
    schedule: ScheduleMark | None = None
    """None for one that somebody asked for, and for all that were made before there were automatic ones."""
    recovered: OutputFormat | None = None
    """The video's format, when the record was lost and this was read from the video."""
    has_record: bool = Field(default=True, exclude=True)
    state: JobState = JobState.QUEUED
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    attempts: int = 0
    frames: int
    """How many it shows, if all of them can be read."""
    fps: float
    width: int
    height: int
    done: int = 0
    skipped: int = 0
    """Frames of `done` that were gone or damaged."""
    bytes: int | None = None
    has_poster: bool = False
    error: str | None = None

    def with_(self, **changes: object) -> "Job":
        """A copy with other values in these fields."""
        return self.model_copy(update=changes)

    @property
    def length_seconds(self) -> float:
        """How long the video plays."""
        # An animated WebP shows its last picture for the time of the missing ones.
        missing = 0 if self.format is OutputFormat.WEBP else self.skipped
        return (self.frames - missing) / self.fps

    @property
    def camera(self) -> str:
        """The camera's key."""
        return self.id.rsplit("_", 2)[0] if self.request is None else self.request.camera

    @property
    def format(self) -> OutputFormat:
        """The video's format."""
        return (self.recovered or DEFAULT_FORMAT) if self.request is None else self.request.format

    @property
    def file_name(self) -> str:
        """The video's file name in the directory."""
        return self.id + FACTS[self.format].suffix

    @property
    def origin(self) -> str:
        """What the video says of itself, in JSON: enough to make the record anew."""
        return self.model_dump_json(by_alias=True, include={"request", "schedule"})

    def expires_at(self, keep: timedelta | None) -> datetime | None:
        """When it will be deleted; None for never, or while it is not finished. `keep` is `TIMELAPSE_KEEP`.

        A video that somebody asked for stays until somebody deletes it.
        """
        if self.finished_at is None or (self.schedule is None and self.state is JobState.DONE):
            return None
        age = keep if self.schedule is None or self.schedule.keep is None else parse_age(self.schedule.keep)
        return None if age is None else self.finished_at + age


def new_id(camera_key: str, now: datetime) -> str:
    """A unique id that begins with the camera and the time."""
    return f"{camera_key}_{now.astimezone(UTC).strftime(_ID_TIME)}_{secrets.token_hex(3)}"


def bare_job(video: str, byte_count: int, modified_at: float, *, has_record: bool) -> Job:
    """What a video's name and the file system say of it, if its record can't be used. `modified_at`: epoch seconds."""
    job_id, _, suffix = video.rpartition(".")
    return Job(
        id=job_id,
        request=None,
        recovered=format_of_suffix(f".{suffix}"),
        has_record=has_record,
        state=JobState.DONE,
        created_at=_created_at(job_id),
        finished_at=datetime.fromtimestamp(modified_at, UTC),
        frames=0,
        fps=1,
        width=0,
        height=0,
        bytes=byte_count,
    )


def _created_at(job_id: str) -> datetime:
    """The time in an id; 1970 when it is none."""
    try:
        return datetime.strptime(job_id.rsplit("_", 2)[1], _ID_TIME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def replaced(jobs: list[Job]) -> list[Job]:
    """Of the jobs, newest first, those whose place a newer finished one of the same entry and camera takes."""
    newest: set[tuple[str, str]] = set()
    replaced = []
    for job in jobs:
        if job.schedule is not None and job.schedule.replaces and job.state is JobState.DONE:
            if (job.camera, job.schedule.entry) in newest:
                replaced.append(job)
            newest.add((job.camera, job.schedule.entry))
    return replaced
