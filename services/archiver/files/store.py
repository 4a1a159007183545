"""What a store for the archive's files can do. `local_store.py` and `s3_store.py` are the two stores.

A store knows paths and bytes, but no pictures, bus or database. Every method blocks: call it on a thread.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

TEMPORARY_PREFIX: Final = ".tmp-"
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""Of a file that is read; a WebP of the largest picture that is archived has less."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is listed; its content has not been read. `modified_at` is UTC epoch seconds."""

    path: str
    byte_count: int
    modified_at: float


class FrameStore(Protocol):
    """Files by their path, relative to the archive, with slashes. A path that leads out of the archive has no file.

    Every method raises StorageUnavailableError when the store is full, away or read-only; then nothing has changed.
    """

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            FileNotFoundError: when there is none, or it has more than `MAX_FILE_BYTES`.
        """

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        """Write the content under this path unless a whole file is there already: the first one stays.

        Durable on return. A broken file is replaced.
        """

    def write(self, path: str, content: bytes) -> None:
        """Write the content under this path, over any file that is there. Readers see the old or the new one, whole."""

    def delete(self, path: str) -> None:
        """Delete the file, if it is there."""

    def delete_all(self, paths: Sequence[str]) -> None:
        """Delete these files, in any order. After an error some of them may be left."""

    def set_aside(self, path: str) -> None:
        """Add the suffix `.broken` to a broken file's name. Only a person looks for it there."""

    def cameras(self) -> list[str]:
        """The names of the top directories, each of which may be a camera's; in no order."""

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        """A camera's files from the UTC day of `since_seconds` (epoch) on: one list per day, oldest day first.

        Temporary files are left out: those being written, and those of killed writers (see `sweep`).
        """

    def day(self, directory: str) -> list[StoredFile]:
        """The files of one day's directory, such as `porch/2026/11/22`, as `files` lists them.

        Raises:
            DiskNotMountedError: when the way there is a link to a place that is not there.
        """

    def modified_at(self, path: str) -> float | None:
        """When the file's content was last changed, in UTC epoch seconds; None when there is no file."""

    def move(self, paths: Mapping[str, str]) -> list[str]:
        """Move files to other paths; the paths of those that stay, since their new one has other content.

        A file that is gone, or has been moved before, is passed over. Durable on return.
        """

    def prune(self, camera_key: str) -> None:
        """Remove the camera's directories that are empty."""

    def sweep(self, camera_key: str, since_seconds: int, older_than: float) -> None:
        """Delete the temporary files of killed writers, in the days from `since_seconds` on.

        Only files last changed before `older_than`: a younger one may still be written. Both are UTC epoch seconds.
        """

    def check_disk(self) -> None:
        """Raise DiskNotMountedError when the archive's disk is away. Where nothing is mounted, it does nothing."""

    def free_bytes(self) -> int | None:
        """The free space in bytes; None where it can't be known, as in an object store."""


@runtime_checkable
class ProbedStore(Protocol):
    """A store that has to find out by a trial whether it keeps the first of two writes."""

    note: str | None
    """What the owner should know of it, in a sentence. From any thread."""

    def keeps_first(self) -> bool:
        """Whether of two writers at once the first one wins; without, only one archiver may run.

        Raises:
            StorageUnavailableError: when the store can't be used now.
        """
