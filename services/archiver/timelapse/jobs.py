"""Time-lapse jobs and their files: a JSON record beside each video, in `TIMELAPSE_DIR`. The directory is the queue.

Any number of archivers may share it: a lock lets one of them render at a time, and all list the same jobs. Everything
here blocks on the disk: call it on a thread.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.archiver.base import disk_texts, texts
from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.files.durable import fsync_directory, read_regular
from services.archiver.files.mounts import missing_mount_point
from services.archiver.files.store import TEMPORARY_PREFIX
from services.archiver.timelapse.formats import FACTS, OutputFormat
from services.archiver.timelapse.request import TimelapseRequest
from shared.logs import get_logger

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,62}_\d{8}T\d{6}Z_[0-9a-f]{6}$"
_RECORD: Final = ".json"
_MOST_RECORD_BYTES: Final = 64 * 1024
_LOCK: Final = ".rendering.lock"
log = get_logger(__name__)


class JobState(StrEnum):
    """The stages of a job."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"


class Job(BaseModel):
    """One time-lapse: requested, rendering or finished. Its number of frames is exact once it renders."""

    model_config = ConfigDict(frozen=True)

    id: str
    request: TimelapseRequest
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
    error: str | None = None

    def with_(self, **changes: object) -> "Job":
        """A copy with other values in these fields."""
        return self.model_copy(update=changes)

    @property
    def length_seconds(self) -> float:
        """How long the video plays."""
        # An animated WebP shows its last picture for the time of the missing ones.
        missing = 0 if self.request.format is OutputFormat.WEBP else self.skipped
        return (self.frames - missing) / self.fps

    @property
    def file_name(self) -> str:
        """The video's file name in the directory."""
        return self.id + FACTS[self.request.format].suffix

    def expires_at(self, keep: timedelta | None) -> datetime | None:
        """When it will be deleted; None for never, or while it is not finished."""
        return None if keep is None or self.finished_at is None else self.finished_at + keep


def new_id(camera_key: str, now: datetime) -> str:
    """A unique id that begins with the camera and the time."""
    return f"{camera_key}_{now:%Y%m%dT%H%M%SZ}_{secrets.token_hex(3)}"


class JobFiles:
    """The jobs' directory. Every method raises StorageUnavailableError when it can't be read or written."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def save(self, job: Job, *, only_existing: bool = False) -> bool:
        """Write the job's record over an earlier one; whether it was written.

        With `only_existing` it is not written if somebody has deleted the job meanwhile.
        """
        missing = missing_mount_point(self.root)
        if missing is not None:
            raise DiskNotMountedError(disk_texts.mount_point_empty(self.root, missing))
        with self._disk("written"):
            self.root.mkdir(parents=True, exist_ok=True)
            record = self._record(job.id)
            if only_existing and not record.exists():
                return False
            temporary = self.temporary(_RECORD)
            try:
                temporary.write_text(job.model_dump_json(by_alias=True))
                temporary.replace(record)
            finally:
                temporary.unlink(missing_ok=True)
            return True

    def load(self, job_id: str) -> Job | None:
        """The job of this id; None when there is none."""
        if not re.match(ID_PATTERN, job_id):
            return None
        with self._disk("read"), suppress(FileNotFoundError):
            return _parse(self._record(job_id))
        return None

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self._disk("read"), suppress(FileNotFoundError):
            records = [entry.name for entry in os.scandir(self.root) if entry.name.endswith(_RECORD)]
            found = [self.load(name.removesuffix(_RECORD)) for name in records]
            return sorted(
                (job for job in found if job is not None), key=lambda job: (job.created_at, job.id), reverse=True
            )
        return []

    def delete(self, job: Job) -> None:
        """Delete the record, then the video, so that no record is without its video."""
        with self._disk("written"):
            self._record(job.id).unlink(missing_ok=True)
            self.video(job).unlink(missing_ok=True)

    def video(self, job: Job) -> Path:
        """The path of the job's video, which may not exist yet."""
        return self.root / job.file_name

    def temporary(self, suffix: str) -> Path:
        """A new path for a file in the making. `sweep` deletes it unless it is renamed."""
        return self.root / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{suffix}"

    def publish(self, temporary: Path, job: Job) -> int:
        """Give a finished video its name; its size in bytes. Durable on return."""
        with self._disk("written"):
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(self.video(job))
            fsync_directory(self.root)
            return self.video(job).stat().st_size

    def free_bytes(self) -> int:
        """The free space on the directory's disk."""
        with self._disk("read"):
            return shutil.disk_usage(self.root).free

    def sweep(self) -> None:
        """Delete unfinished videos and those without a record. Only while holding the lock, and between renders."""
        known = {job.file_name for job in self.all()}
        suffixes = tuple(facts.suffix for facts in FACTS.values())
        with self._disk("swept"), suppress(FileNotFoundError):
            for entry in os.scandir(self.root):
                if entry.name.endswith(suffixes) and entry.name not in known:
                    Path(entry).unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Whether this archiver, and no other, may render during the block.

        The system releases the lock if the process dies.
        """
        with self._disk("locked"):
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with self._disk("locked"):
                is_alone = _take(descriptor)
            yield is_alone
        finally:
            os.close(descriptor)

    def _record(self, job_id: str) -> Path:
        return self.root / f"{job_id}{_RECORD}"

    @contextmanager
    def _disk(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageUnavailableError(texts.timelapse_directory_fails(self.root, action, error.strerror)) from error


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse(record: Path) -> Job | None:
    """None when the record is broken, or names another job: its id becomes the path of a video."""
    try:
        job = Job.model_validate_json(read_regular(record, _MOST_RECORD_BYTES))
        if job.id == record.name.removesuffix(_RECORD):
            return job
    except ValidationError:
        pass
    log.warning("a time-lapse's record is broken, left alone", file=record.name)
    return None
