"""Files that outlast a loss of power. Every function blocks on the disk."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_OWNER_ONLY: Final = 0o600
_NO_SYNC: Final = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)
"""From a file system that can't make a directory's entries durable by themselves, such as SMB."""


def write_new(path: Path, data: bytes, prepare: Callable[[int], None] | None = None) -> None:
    """Make a durable file in the place of any that is at `path`. Only its owner may read it, unless `prepare` changes
    that: it gets the empty file's descriptor.

    Raises:
        OSError: as `prepare` may; then there is no file.
    """
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, _OWNER_ONLY), "wb") as file:
            if prepare is not None:
                prepare(file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def sync_directory(descriptor: int) -> None:
    """Make a directory's entries durable, where its file system can.

    Raises OSError.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
