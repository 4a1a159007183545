"""The file that the state of access is kept in: read with suspicion, written whole or not at all.

A crash at any moment leaves the version before or the new one. Only its owner may read it.
"""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from services.ingest.access import texts
from services.ingest.access.kept_state import KeptState
from shared.durable_file import sync_directory, write_new
from shared.errors import ConfigurationError, FramecastError

FILE: Final = "access.json"
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
"""1,400 records with the longest names are under 2 MiB."""
_DIRECTORY_MODE: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class DamagedStateError(FramecastError):
    """Raised when there is a state file, but none to be believed. Its message is for the person, with the command."""


class StateFile:
    """`access.json` in a directory of its own, which is made, and belongs to this process until `close`.

    Raises:
        ConfigurationError: the directory can't be made, or another ingest uses it.
    """

    def __init__(self, directory: Path) -> None:
        self.path: Final = directory / FILE
        try:
            directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            self._directory = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ConfigurationError(texts.no_directory(directory, error.strerror or str(error))) from None
        with suppress(OSError):  # a volume of Docker's is made for everybody to look into
            os.fchmod(self._directory, _DIRECTORY_MODE)
        try:
            fcntl.flock(self._directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._directory)
            raise ConfigurationError(texts.used_by_another(directory)) from None
        except OSError:  # a file system without locks: two ingests can't be told apart there
            pass

    def read(self) -> KeptState | None:
        """The state; None where none was ever written.

        Raises:
            DamagedStateError: there is a file that can't be read or is not to be believed.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedStateError(texts.unreadable(self.path, error.strerror or str(error))) from None
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_FILE_BYTES:
                raise DamagedStateError(texts.damaged(self.path))
            if facts.st_uid != os.geteuid() or facts.st_mode & _OTHERS:
                raise DamagedStateError(texts.open_to_others(self.path, os.geteuid()))
            content = os.read(descriptor, MAX_FILE_BYTES)
        except OSError as error:
            raise DamagedStateError(texts.unreadable(self.path, error.strerror or str(error))) from None
        finally:
            os.close(descriptor)
        try:
            return KeptState.model_validate_json(content, strict=True)
        except ValidationError:
            raise DamagedStateError(texts.damaged(self.path)) from None

    def write(self, state: KeptState) -> None:
        """Keep the state. It is durable on return.

        Raises:
            OSError: then the file is what it was.
        """
        unfinished = self.path.with_name(f".{FILE}.new")
        try:
            write_new(unfinished, state.model_dump_json().encode())
            unfinished.replace(self.path)
            sync_directory(self._directory)
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise

    def set_aside(self, seconds: int) -> Path | None:
        """Give a file that is there another name beside its own; that name.

        Raises:
            OSError: it could not be renamed.
        """
        aside = self.path.with_name(f"access-{seconds}.damaged.json")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return None
        return aside

    def close(self) -> None:
        os.close(self._directory)
