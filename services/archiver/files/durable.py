"""Directories: making them, making them durable, locking them; and reading a file safely. Knows nothing of frames."""

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DIRECTORY_MODE: Final = 0o750
_PERMANENT: Final = (errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""Waiting mends none of these. It may mend a full, failing or read-only disk, or a mount that is late."""


def make_directory(directory: Path, *, below: Path) -> None:
    """Make the directory with its parents up to `below`. Each is durable in its own parent on return."""
    missing = [directory]
    while missing[-1] != below and not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        if not path.is_dir():
            _make(path, DIRECTORY_MODE)
            fsync_directory(path.parent)


def why_never_writable(directory: Path) -> str | None:
    """Make the directory and try to write there; the reason if that fails in a way that only a person can mend."""
    try:
        _make(directory)
        with tempfile.TemporaryFile(dir=directory):
            return None
    except OSError as error:
        if error.errno not in _PERMANENT:
            return None
        return error.strerror


def _make(directory: Path, mode: int = 0o777) -> None:
    try:
        directory.mkdir(mode, parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "A file is in its place", str(directory)) from None


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The file's content. A pipe would be waited for, and a sparse file fill the memory, so for us neither is there.

    Raises:
        FileNotFoundError: when there is none, or another kind of file, or one of more than `max_bytes`.
        OSError: when it can't be read.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > max_bytes:
            raise FileNotFoundError(path)
        return file.read(max_bytes)


def rename_durably(temporary: Path, target: Path) -> None:
    """Give the file the name `target`, in the same directory, in place of an older one. Durable on return.

    The content must reach the disk before the name does: after a power cut XFS has the new name with an empty file.

    Raises:
        OSError: then `target` is what it was.
    """
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    fsync_directory(target.parent)


def fsync_directory(directory: Path) -> None:
    """Make the directory's entries durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory's lock; other processes wait for it. The system releases it if the process dies."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
