"""The files of time-lapse jobs: a JSON record beside each video, in `TIMELAPSE_DIR`. The directory is the queue.

Any number of archivers may share it: a lock lets one of them render at a time, and all list the same jobs. Everything
here blocks on the disk: call it on a thread.

A video is worth more than its record. One whose record is broken or gone is listed by its name, and never deleted
for it.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from services.archiver.base import disk_texts, timelapse_texts
from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.files.durable import fsync_directory, locked, read_regular, rename_durably
from services.archiver.files.mounts import missing_mount_point
from services.archiver.files.store import TEMPORARY_PREFIX
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.job import ID_PATTERN, Job, JobState, bare_job, new_id
from shared.errors import FramecastError
from shared.logs import get_logger

__all__ = ["Job", "JobFiles", "JobState", "disk_errors", "new_id"]
POSTER_SUFFIX: Final = ".jpg"
_RECORD: Final = ".json"
_BROKEN: Final = ".json.broken"
_MOST_RECORD_BYTES: Final = 64 * 1024
_LOCK: Final = ".rendering.lock"
_SUFFIXES: Final = tuple(sorted({facts.suffix for facts in FACTS.values()}))
log = get_logger(__name__)


class BrokenRecordError(FramecastError):
    """Raised when a record is empty, cut or not one of ours. Never trust a part of it."""


class JobFiles:
    """The jobs' directory. Every method raises StorageUnavailableError when it can't be read or written."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._told: set[str] = set()
        """The broken records that the log has named."""

    def save(self, job: Job, *, only_existing: bool = False) -> bool:
        """Write the job's record over an earlier one; whether it was written. Durable on return.

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
                rename_durably(temporary, record)
            finally:
                temporary.unlink(missing_ok=True)
            return True

    def load(self, job_id: str) -> Job | None:
        """The job of this id, also if its video is all that is left of it; None when there is none."""
        if not re.match(ID_PATTERN, job_id):
            return None
        with self._disk("read"), suppress(FileNotFoundError):  # deleted meanwhile
            job, is_lost = self._recorded(job_id)
            videos = (self.root / f"{job_id}{suffix}" for suffix in _SUFFIXES)
            video = None if job is not None else next((video for video in videos if video.is_file()), None)
            if video is None:
                return job
            facts = video.stat()
            bare = bare_job(video.name, facts.st_size, facts.st_mtime, has_record=not is_lost)
            return bare.with_(has_poster=self.poster(bare).is_file())
        return None

    def all(self) -> list[Job]:
        """All jobs, newest first."""
        with self._disk("read"), suppress(FileNotFoundError):
            names = [entry.name for entry in os.scandir(self.root)]
            ids = {name.removesuffix(_RECORD) for name in names if name.endswith(_RECORD)}
            ids |= {Path(name).stem for name in names if name.endswith(_SUFFIXES)}
            found = [self.load(job_id) for job_id in ids]
            return sorted(
                (job for job in found if job is not None), key=lambda job: (job.created_at, job.id), reverse=True
            )
        return []

    def delete(self, job: Job) -> None:
        """Delete the video, then the record: a video without a record would be listed again."""
        with self._disk("written"):
            for path in (self.video(job), self.poster(job), self._record(job.id), self.root / f"{job.id}{_BROKEN}"):
                path.unlink(missing_ok=True)

    def give_record(self, job: Job) -> None:
        """Write the record of a job that has none; a broken one is set aside, and the log names it."""
        with self._disk("written"):
            if not self.video(job).is_file():  # deleted meanwhile
                return
            with suppress(FileNotFoundError):
                self._record(job.id).replace(self.root / f"{job.id}{_BROKEN}")
                fsync_directory(self.root)
        self.save(job)
        log.warning("a time-lapse's record was lost, made anew from its video", timelapse=job.id)

    def video(self, job: Job) -> Path:
        """The path of the job's video, which may not exist yet."""
        return self.root / job.file_name

    def poster(self, job: Job) -> Path:
        """The path of the picture that stands for the video."""
        return self.root / f"{job.id}{POSTER_SUFFIX}"

    def temporary(self, suffix: str) -> Path:
        """A new path for a file in the making. `sweep` deletes it unless it is renamed."""
        return self.root / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{suffix}"

    def publish(self, temporary: Path, job: Job) -> int:
        """Give a finished video its name; its size in bytes. Durable on return."""
        with self._disk("written"):
            rename_durably(temporary, self.video(job))
            return self.video(job).stat().st_size

    def publish_poster(self, temporary: Path, job: Job) -> bool:
        """Give the poster its name; False when none was made."""
        with self._disk("written"):
            if not temporary.exists():
                return False
            rename_durably(temporary, self.poster(job))
            return True

    def free_bytes(self) -> int:
        """The free space on the directory's disk."""
        with self._disk("read"):
            return shutil.disk_usage(self.root).free

    def sweep(self) -> None:
        """Delete unfinished videos and posters, and nothing else. Only while holding the lock, and between renders."""
        with self._disk("swept"), suppress(FileNotFoundError):
            for entry in os.scandir(self.root):
                if entry.name.startswith(TEMPORARY_PREFIX) and entry.name.endswith((*_SUFFIXES, POSTER_SUFFIX)):
                    Path(entry).unlink(missing_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other archiver asks for automatic time-lapses during the block. It waits for one that does."""
        with self._disk("locked"), locked(self.root):
            yield

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

    def _recorded(self, job_id: str) -> tuple[Job | None, bool]:
        """The record if it can be used; else whether it is lost. The log names a broken or unreadable one once.

        One that can't be read now is not lost: it may be another user's, restored from a backup.
        """
        record = self._record(job_id)
        try:
            return _parse(record), False
        except FileNotFoundError:
            return None, True
        except (BrokenRecordError, OSError) as error:
            if record.name not in self._told:
                log.warning("a time-lapse's record is broken, its video is kept", file=record.name, reason=str(error))
                self._told.add(record.name)
            return None, isinstance(error, BrokenRecordError | IsADirectoryError)

    def _disk(self, action: str) -> AbstractContextManager[None]:
        return disk_errors(self.root, action)


@contextmanager
def disk_errors(root: Path, action: str) -> Iterator[None]:
    """Turns the system's errors into StorageUnavailableError. `action` is "read", "written" and so on."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailableError(
            timelapse_texts.timelapse_directory_fails(root, action, error.strerror)
        ) from error


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parse(record: Path) -> Job:
    """Raises BrokenRecordError, also when it names another job: its id becomes the path of a video."""
    try:
        job = Job.model_validate_json(read_regular(record, _MOST_RECORD_BYTES))
    except ValidationError as error:
        raise BrokenRecordError(error.errors()[0]["msg"]) from None
    if job.id != record.name.removesuffix(_RECORD):
        raise BrokenRecordError("it is another time-lapse's")
    return job
