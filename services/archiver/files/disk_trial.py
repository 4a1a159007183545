"""Tries in a directory what the recorder will do there, so that a disk that can't do it is refused at the start."""

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.archiver.base import disk_texts
from services.archiver.files.durable import fsync_directory, is_there, locked, make_with_parents, write_temporary
from services.archiver.files.first_file import name_first
from services.archiver.files.owner_advice import advice_for, advice_to_make
from services.archiver.files.store import TEMPORARY_PREFIX
from shared.logs import get_logger

_DENIED: Final = (errno.EACCES, errno.EPERM)
_PERMANENT: Final = (*_DENIED, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""Waiting mends none of these. It may mend a full, failing or read-only disk, or a mount that is late."""
_CAN_NOT: Final = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK, errno.EBADF, errno.EXDEV)
"""What a file system says that lacks something."""
_CONTENT: Final = b"Framecast tries whether it can write here. Delete this file.\n"
log = get_logger(__name__)


def why_unusable(directory: Path) -> str | None:
    """Make the directory, and write, sync, lock, name, rename and delete a file there; why it can never be used.

    None when all of that can be done, and when it can't at the moment, as on a full disk.
    """
    trial = _Trial(directory)
    try:
        trial.run()
    except OSError as error:
        if error.errno in _DENIED:
            advice = advice_for(directory, is_write=True) if is_there(directory) else advice_to_make(directory)
            return f"{error.strerror}{advice}"
        if error.errno in _PERMANENT:
            return error.strerror
        if error.errno in _CAN_NOT:
            return disk_texts.disk_can_not(trial.step, error.strerror)
    return None


class _Trial:
    """One trial; `step` is what it does at the moment."""

    def __init__(self, directory: Path) -> None:
        self.step = disk_texts.TRIES_TO_MAKE
        self._directory = directory

    def run(self) -> None:
        """Raises OSError at the step that fails."""
        make_with_parents(self._directory)
        self.step = disk_texts.TRIES_TO_WRITE
        temporary = write_temporary(self._directory, TEMPORARY_PREFIX, _CONTENT)
        names = [self._directory / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}" for _ in range(2)]
        with _gone_in_the_end(temporary, *names):
            self._name(temporary, *names)

    def _name(self, temporary: Path, name: Path, other: Path) -> None:
        self.step = disk_texts.TRIES_TO_LOCK
        with locked(temporary):
            pass
        self.step = disk_texts.TRIES_TO_NAME
        if not name_first(temporary, name, lambda content: content == _CONTENT, self._directory):
            log.info("no hard links here: archivers take turns by a lock", directory=str(self._directory))
        fsync_directory(self._directory)
        self.step = disk_texts.TRIES_TO_RENAME
        name.rename(other)
        self.step = disk_texts.TRIES_TO_DELETE
        other.unlink()


@contextmanager
def _gone_in_the_end(*files: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)
