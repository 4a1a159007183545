"""The socket file by which commands on this machine ask ingest. Owns its mode, who may connect, and what they show."""

import hmac
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from shared.control.local_key import remove_local_key, write_local_key
from shared.errors import ConfigurationError
from shared.logs import get_logger

MAX_PATH_BYTES: Final = 107
"""The kernel's limit for the path of a socket."""
_BACKLOG: Final = 16
_OWNER_ONLY: Final = 0o600
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_PEER: Final = struct.Struct("3i")
"""Process, user and group, as the kernel tells them of the other end."""
log = get_logger(__name__)


class SocketFile:
    """Listens at `path` until `close`. A file that an earlier run left is replaced."""

    def __init__(self, path: Path, listener: socket.socket, key: str) -> None:
        self.listener: Final = listener
        self._path = path
        self._key = key.encode()
        self._inode = path.stat().st_ino

    def is_key(self, shown: str | None) -> bool:
        """Whether it is the key, which only those who may read this directory know."""
        return hmac.compare_digest(self._key, (shown or "").encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        self.listener.close()
        try:
            if self._path.stat().st_ino == self._inode:
                remove_local_key(self._path)
                self._path.unlink()
        except OSError:
            return


def open_socket_file(path: Path) -> SocketFile | None:
    """The socket file at `path`, made; None, and logged, when its directory can't be used or another ingest has it.

    Raises:
        ConfigurationError: the path is too long for the kernel.
    """
    if (size := len(os.fsencode(path))) > MAX_PATH_BYTES:
        raise ConfigurationError(
            f"OWNER_DIR is '{path.parent}' but must be a shorter path: with {path.name} it has {size} bytes, and the "
            f"kernel takes {MAX_PATH_BYTES}."
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _make_directory(path.parent)
        _check_unused(path)
        # Made under another name, because only a file that has its mode may have this one, and in place of a stale one.
        unfinished = path.with_name(f".{path.stem}.new")
        unfinished.unlink(missing_ok=True)
        listener.bind(str(unfinished))
        unfinished.chmod(_OWNER_ONLY)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        key = write_local_key(path)
        unfinished.replace(path)
        return SocketFile(path, listener, key)
    except OSError as error:
        listener.close()
        log.error(  # noqa: TRY400 the line says all
            "no socket file: commands on this machine can't reach ingest", path=str(path), reason=error.strerror
        )
        return None


def is_owner(connection: socket.socket) -> bool:
    """Whether the kernel says that the other end is a process of this user, or of root."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, user, _ = _PEER.unpack(credentials)
    return user in {0, os.geteuid()}


def _make_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if found.st_uid not in {0, os.geteuid()} or found.st_mode & _OTHERS_WRITE:
        raise PermissionError(0, "others may write to the directory")


def _check_unused(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(str(path)) == 0:
            raise FileExistsError(0, "another ingest answers there")
