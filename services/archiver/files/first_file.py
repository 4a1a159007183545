"""Gives a finished file its name unless a whole file has that name already: the first one stays.

A hard link gives a name only once, so any number of archivers may write at the same time. Where a file system has no
hard links (exFAT, FAT, many network and FUSE file systems), the archivers take turns by a lock, and the name is claimed
with `O_EXCL` before the file is renamed to it. An archiver that can link does not overwrite a claimed name either: it
finds a file there, and waits for the same lock to look at it.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.archiver.files.durable import locked, read_regular
from services.archiver.files.store import MAX_FILE_BYTES

NO_LINKS: Final = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EMLINK)
"""FAT and exFAT say EPERM, SMB and FUSE any of them, mergerfs EXDEV. If another thing is wrong, so does the rename."""


def name_first(temporary: Path, final: Path, is_whole: Callable[[bytes], bool], lock: Path) -> bool:
    """Give the temporary file, in the same directory, its final name, unless a whole file has it. A broken one is
    replaced. `lock` is a file or directory that all archivers lock; whether hard links did it.

    Raises:
        OSError: then no file has got the name.
    """
    try:
        os.link(temporary, final)
    except FileExistsError:
        with locked(lock):
            if not _holds_whole(final, is_whole):
                temporary.replace(final)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        with locked(lock):
            _rename_first(temporary, final, is_whole)
        return False
    return True


def _rename_first(temporary: Path, final: Path, is_whole: Callable[[bytes], bool]) -> None:
    try:
        os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        if not _holds_whole(final, is_whole):
            temporary.replace(final)
        return
    try:
        temporary.replace(final)
    except OSError:
        final.unlink(missing_ok=True)
        raise


def _holds_whole(path: Path, is_whole: Callable[[bytes], bool]) -> bool:
    try:
        return is_whole(read_regular(path, MAX_FILE_BYTES))
    except FileNotFoundError:
        return False
