"""Jobs and their files: one JSON beside one video, in `TIMELAPSE_DIR`. The directory is the queue and the shelf.

Any number of archivers may share it: a lock lets one render at a time, and all show the same. Everything here blocks
on the disk: call it on a thread.
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

from services.archiver.base.errors import StorageUnavailableError
from services.archiver.files.durable import DIRECTORY_MODE, fsync_directory
from services.archiver.files.store import TEMPORARY_PREFIX
from services.archiver.timelapse.formats import FACTS, OutputFormat
from services.archiver.timelapse.request import TimelapseRequest
from shared.logs import get_logger

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]{0,62}_\d{8}T\d{6}Z_[0-9a-f]{6}$"
FILE_MODE: Final = 0o640
_RECORD: Final = ".json"
_LOCK: Final = ".rendering.lock"
log = get_logger(__name__)


class JobState(StrEnum):
    """Where a time-lapse is in its life."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"


class Job(BaseModel):
    """One time-lapse, asked for, in the making or made. What is told of its length is exact once it renders."""

    model_config = ConfigDict(frozen=True)

    id: str
    request: TimelapseRequest
    state: JobState = JobState.QUEUED
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    attempts: int = 0
    frames: int
    """How many it shows, if all can be read."""
    fps: float
    width: int
    height: int
    done: int = 0
    skipped: int = 0
    """Frames of `done` that were gone or damaged."""
    bytes: int | None = None
    error: str | None = None

    def with_(self, **changes: object) -> "Job":
        return self.model_copy(update=changes)

    @property
    def length_seconds(self) -> float:
        # An animated WebP holds its last picture for as long as is missing.
        missing = 0 if self.request.format is OutputFormat.WEBP else self.skipped
        return (self.frames - missing) / self.fps

    @property
    def file_name(self) -> str:
        return self.id + FACTS[self.request.format].suffix

    def expires_at(self, keep: timedelta | None) -> datetime | None:
        """When it goes; None while that is open."""
        return None if keep is None or self.finished_at is None else self.finished_at + keep


def new_id(camera_key: str, now: datetime) -> str:
    return f"{camera_key}_{now:%Y%m%dT%H%M%SZ}_{secrets.token_hex(3)}"


class JobFiles:
    """The directory. Every method raises StorageUnavailableError when it can't be read or written."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def save(self, job: Job, *, only_existing: bool = False) -> bool:
        """Keep the job's record in place of an earlier one; whether it was kept.

        With `only_existing` it is not, if somebody deleted it meanwhile.
        """
        with self._disk("written"):
            self.root.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
            record = self._record(job.id)
            if only_existing and not record.exists():
                return False
            temporary = self.temporary(_RECORD)
            try:
                temporary.write_text(job.model_dump_json(by_alias=True))
                temporary.chmod(FILE_MODE)
                temporary.replace(record)
            finally:
                temporary.unlink(missing_ok=True)
            return True

    def load(self, job_id: str) -> Job | None:
        """None when there is no such time-lapse."""
        if not re.match(ID_PATTERN, job_id):
            return None
        with self._disk("read"), suppress(FileNotFoundError):
            return _parse(self._record(job_id))
        return None

    def all(self) -> list[Job]:
        """Newest first."""
        with self._disk("read"), suppress(FileNotFoundError):
            records = [entry.name for entry in os.scandir(self.root) if entry.name.endswith(_RECORD)]
            found = [self.load(name.removesuffix(_RECORD)) for name in records]
            return sorted(
                (job for job in found if job is not None), key=lambda job: (job.created_at, job.id), reverse=True
            )
        return []

    def delete(self, job: Job) -> None:
        """Its record first, so that nobody finds a record without a video."""
        with self._disk("written"):
            self._record(job.id).unlink(missing_ok=True)
            self.video(job).unlink(missing_ok=True)

    def video(self, job: Job) -> Path:
        return self.root / job.file_name

    def temporary(self, suffix: str) -> Path:
        """The path of a file to be made, which is swept if it does not get another name."""
        return self.root / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{suffix}"

    def publish(self, temporary: Path, job: Job) -> int:
        """Give a finished video its name; its size. Durable on return."""
        with self._disk("written"):
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(FILE_MODE)
            temporary.replace(self.video(job))
            fsync_directory(self.root)
            return self.video(job).stat().st_size

    def free_bytes(self) -> int:
        with self._disk("read"):
            return shutil.disk_usage(self.root).free

    def sweep(self) -> None:
        """Delete half-written videos and those whose record is gone. Only for who holds the lock, between renders."""
        known = {job.file_name for job in self.all()}
        suffixes = tuple(facts.suffix for facts in FACTS.values())
        with self._disk("swept"), suppress(FileNotFoundError):
            for entry in os.scandir(self.root):
                if entry.name.endswith(suffixes) and entry.name not in known:
                    Path(entry).unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[bool]:
        """Whether this is the one archiver that may render, for as long as the block takes.

        Given back by the system should the process die.
        """
        with self._disk("locked"):
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            with self._disk("locked"):
                is_alone = _take(descriptor)
            yield is_alone
        finally:
            os.close(descriptor)

    def _record(self, job_id: str) -> Path:
        return self.root / f"{job_id}{_RECORD}"

    @contextmanager
    def _disk(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageUnavailableError(
                f"The directory of the time-lapses, {self.root}, can't be {done}: {error.strerror}."
            ) from error


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse(record: Path) -> Job | None:
    try:
        return Job.model_validate_json(record.read_bytes())
    except ValidationError:
        log.warning("a time-lapse's record is broken, left alone", file=record.name)
        return None
