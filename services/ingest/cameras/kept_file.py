"""The cameras file on the disk, as it is changed here: read with its version, and written whole or not at all.

The version before stays beside it. What an editor or another program wrote meanwhile is never overwritten.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from services.ingest.cameras import texts
from shared.control.messages import ControlRefusedError
from shared.durable_file import sync_directory, write_new
from shared.logs import get_logger

NO_FILE: Final = "none"
"""The version where there is no file."""
_VERSION_LENGTH: Final = 16
_OWNER_ONLY: Final = 0o600
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
log = get_logger(__name__)


class Content(NamedTuple):
    """What is in the file. None: there is no file."""

    data: bytes | None

    @property
    def version(self) -> str:
        return NO_FILE if self.data is None else sha256(self.data).hexdigest()[:_VERSION_LENGTH]

    @property
    def text(self) -> str:
        return "" if self.data is None else self.data.decode()


class KeptFile:
    """The file at `path`. One caller at a time; the files of two ingests are never the same."""

    def __init__(self, path: Path) -> None:
        self.shown: Final = path

    @property
    def path(self) -> Path:
        """Behind a symbolic link the file itself is written, so that the link stays. It may lead elsewhere by now."""
        return self.shown.resolve()

    def read(self) -> Content:
        """
        Raises:
            OSError: there is a file that can't be read.
        """
        return _content_of(self.path)

    def before(self) -> Content:
        """What was there before the last change.

        Raises:
            OSError: as `read` does.
        """
        return _content_of(self._path_before)

    @property
    def _path_before(self) -> Path:
        return self.path.with_name(f"{self.path.name}.before")

    def why_not_writable(self) -> str | None:
        """In words, why no change can be kept; None where it can."""
        directory = self.path.parent
        if self.path.exists() and not os.access(self.path, os.W_OK):
            return texts.not_writable(self.shown)
        if self.path.exists() and os.geteuid() not in {0, self.path.stat().st_uid}:
            return texts.not_own(self.shown)
        if not os.access(directory if directory.exists() else directory.parent, os.W_OK):
            return texts.directory_not_writable(self.shown)
        return None

    def replace(self, before: Content, data: bytes, *, has_secret: bool) -> Content:
        """Put `data` in the place of `before`. With a secret in it only its owner may read the file.

        Raises:
            ControlRefusedError: the file is no longer as it was, or can't be written. Then it stays as it is.
        """
        with self._refusing():
            self._keep_before(before)
            unfinished = self._written(".new", data, self._mode(has_secret=has_secret))
            try:
                self._refuse_changed(before)
                unfinished.replace(self.path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
            self._make_durable()
        return Content(data)

    def remove(self, before: Content) -> Content:
        """Take the file away; the version before stays beside it.

        Raises:
            ControlRefusedError: as `replace` does.
        """
        with self._refusing():
            self._keep_before(before)
            self._refuse_changed(before)
            self.path.unlink(missing_ok=True)
            self._make_durable()
        return Content(None)

    def _refuse_changed(self, before: Content) -> None:
        if self.read() != before:
            raise ControlRefusedError("changed", texts.CHANGED)

    def _keep_before(self, before: Content) -> None:
        if before.data is not None:
            self._written(".before.new", before.data, _OWNER_ONLY).replace(self._path_before)

    def _mode(self, *, has_secret: bool) -> int:
        """The mode for the new file: that of the present one, or its owner's alone where there is a secret in it."""
        with suppress(FileNotFoundError):
            if not has_secret:
                return self.path.stat().st_mode & 0o777
        return _OWNER_ONLY

    def _written(self, ending: str, data: bytes, mode: int) -> Path:
        """A durable file beside the file, with this ending."""
        path = self.path.with_name(f".{self.path.name}{ending}")
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

        def prepare(descriptor: int) -> None:
            self._give_to_owner(descriptor)
            os.fchmod(descriptor, mode)

        write_new(path, data, prepare)
        return path

    def _give_to_owner(self, descriptor: int) -> None:
        """Whoever the file belongs to must still be able to read it.

        Raises:
            PermissionError: it belongs to somebody else, and this process may give no file away.
        """
        with suppress(FileNotFoundError):
            owner = self.path.stat()
            if owner.st_uid != os.geteuid():
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            else:
                with suppress(OSError):  # a group that this process is no member of
                    os.fchown(descriptor, -1, owner.st_gid)

    def _make_durable(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            sync_directory(descriptor)
        except OSError as error:
            log.error("cameras file may not outlast a loss of power", reason=error.strerror)  # noqa: TRY400 the line says all
        finally:
            os.close(descriptor)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.error("cameras file not written", path=str(self.shown), reason=error.strerror)  # noqa: TRY400 likewise
            if error.errno in _FULL:
                raise ControlRefusedError("busy", texts.disk_full(self.shown)) from None
            raise ControlRefusedError("not_here", texts.not_written(self.shown, error.strerror or "")) from None


def _content_of(path: Path) -> Content:
    try:
        return Content(path.read_bytes())
    except FileNotFoundError:
        return Content(None)
