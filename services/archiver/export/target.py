"""Where an export goes: a directory or a bucket.

A directory may be on a stick with FAT or exFAT, so nothing here needs hard links, locks or modes of files.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from services.archiver.base import export_texts
from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.base.settings import BUCKET, S3_SCHEME, ArchiverSettings
from services.archiver.files.store import TEMPORARY_PREFIX
from shared.errors import ConfigurationError, FramecastError

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ABSENT: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class Target(Protocol):
    """Files by their path, with slashes. Every method raises StorageUnavailableError when the target can't be used."""

    workspace: Path | None
    """A directory of this computer with room for what is needed while an export runs; None: the system's own."""

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError when there is none."""

    def open(self, path: str) -> BinaryIO:
        """A file to be read in pieces. Raises FileNotFoundError when there is none."""

    def write(self, path: str, content: bytes) -> None:
        """Write the file. Whoever reads it sees all of it or none."""

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> None:
        """The same, of a file that need not be in memory as a whole."""


class DirectoryTarget:
    """A `Target` in a directory. What a killed export was writing is written over by the next one."""

    def __init__(self, root: Path) -> None:
        self.workspace: Path | None = root
        self._root = root

    def read(self, path: str) -> bytes:
        try:
            return (self._root / path).read_bytes()
        except _ABSENT:
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise StorageUnavailableError(export_texts.export_target_fails("read", error.strerror)) from error

    def open(self, path: str) -> BinaryIO:
        try:
            return (self._root / path).open("rb")
        except _ABSENT:
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise StorageUnavailableError(export_texts.export_target_fails("read", error.strerror)) from error

    def write(self, path: str, content: bytes) -> None:
        self.write_pieces(path, [content])

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> None:
        final = self._root / path
        temporary = final.with_name(TEMPORARY_PREFIX + final.name)
        with writing_words():
            final.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    file.writelines(pieces)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(final)
            except (OSError, FramecastError):
                temporary.unlink(missing_ok=True)
                raise


def open_target(place: str, settings: ArchiverSettings) -> Target:
    """The target that was named. A directory is made, but not the one that it is in: that may be an unmounted disk.

    Raises:
        ConfigurationError: when it can't be one, or is in the archive itself.
    """
    if _is_within(place, settings.archive_dir):
        raise ConfigurationError(f"DEST is '{place}', which is in the archive itself: name another place.")
    try:
        return _bucket(place, settings) if place.startswith(S3_SCHEME) else _directory(place)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"DEST is '{place}' but must be a directory, or a path in one that exists, or s3://bucket/prefix: {reason}."
        ) from None


def _bucket(place: str, settings: ArchiverSettings) -> Target:
    if not BUCKET.fullmatch(place):
        raise ValueError("no bucket has such a name")
    from services.archiver.export.bucket import BucketTarget  # noqa: PLC0415 large, and seldom needed

    workspace = Path(settings.timelapse_dir)  # the archive may be in a bucket too, or must not be written to
    return BucketTarget(place, settings.aws_endpoint_url, workspace if os.access(workspace, os.W_OK) else None)


def _directory(place: str) -> Target:
    directory = Path(place)
    directory.mkdir(exist_ok=True)  # a file in its place is an error all the same
    return DirectoryTarget(directory)


def _is_within(place: str, archive: str) -> bool:
    """Also when it is the archive."""
    if place.startswith(S3_SCHEME) or archive.startswith(S3_SCHEME):
        return f"{place.rstrip('/')}/".startswith(f"{archive.rstrip('/')}/")
    return Path(place).resolve().is_relative_to(Path(archive).resolve())


@contextmanager
def writing_words() -> Iterator[None]:
    """Turn a disk's errors into words."""
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno in _FULL else StorageUnavailableError
        raise kind(export_texts.export_target_fails("written", error.strerror)) from error
