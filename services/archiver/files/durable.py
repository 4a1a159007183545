"""Directories: made, made durable, locked. Knows nothing of frames."""

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
"""Waiting heals none of these; it may heal a full, failing or read-only disk, or a mount that is late."""


def make_directory(directory: Path, *, below: Path) -> None:
    """Make it with its parents, each durable in its own parent, down from `below`."""
    missing = [directory]
    while missing[-1] != below and not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        if not path.is_dir():
            _make(path, DIRECTORY_MODE)
            fsync_directory(path.parent)


def why_never_writable(directory: Path) -> str | None:
    """Make it and try to write there; the reason when that fails in a way that only a person can mend."""
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
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Alone among all processes that ask for the same lock; given back by the system if the process dies."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
