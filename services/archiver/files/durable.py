"""Directories: making them, making them durable, locking them; and writing and reading a file safely. Knows no frames.

Who may read what is made here is up to the umask, and to the directory's default ACL if it has one.
"""

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NO_SYNC: Final = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)
"""From a file system that can't make a directory's entries durable by themselves, such as SMB."""


def make_directory(directory: Path, *, below: Path) -> None:
    """Make the directory with its parents up to `below`. Each is durable in its own parent on return."""
    missing = [directory]
    while missing[-1] != below and not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        if not path.is_dir():
            make_with_parents(path)
            fsync_directory(path.parent)


def is_there(path: Path) -> bool:
    """Whether the path can be looked at. `Path.exists` raises where a folder on the way may not be passed."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def make_with_parents(directory: Path) -> None:
    """Make the directory unless it is there. Raises OSError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        if directory.is_symlink() and not directory.exists():
            raise FileNotFoundError(errno.ENOENT, "A link is in its place that leads nowhere", str(directory)) from None
        raise NotADirectoryError(errno.ENOTDIR, "A file is in its place", str(directory)) from None


def write_temporary(directory: Path, prefix: str, content: bytes) -> Path:
    """Write a new file with a name of its own. Its content is durable on return. Raises OSError, and then leaves none.

    It is made with the mode that it will have: a file system without modes (FAT, SMB) refuses a later change.
    """
    path = directory / f"{prefix}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
    return path


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The file's content. A pipe would be waited for, a sparse file fill the memory, and a link may lead anywhere, so
    for us none of them is there.

    Raises:
        FileNotFoundError: when there is none, or another kind of file, or one of more than `max_bytes`.
        OSError: when it can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FileNotFoundError(path) from None
        raise
    with os.fdopen(descriptor, "rb") as file:
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
    """Make the directory's entries durable, as far as its file system can. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file or directory; other processes wait for it. The system releases it if the process dies.

    Raises:
        OSError: when its file system has no locks, among others.
    """
    descriptor = _opened_for_a_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _opened_for_a_lock(path: Path) -> int:
    """For writing if possible: NFS locks nothing else."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except (IsADirectoryError, PermissionError):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
