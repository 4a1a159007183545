"""Directories: making them, making them durable, locking them. Knows nothing of frames."""

import errno
import fcntl
import os
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
