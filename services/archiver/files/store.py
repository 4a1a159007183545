"""Storage: where the archive's files are kept, as everything else sees it. `local_storage.py` and `s3_storage.py` are
two such places.

It knows paths and bytes, nothing of pictures, the bus or the database. Everything here blocks: call it on a thread.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

TEMPORARY_PREFIX: Final = ".tmp-"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a listing tells of it; nobody has looked inside. `modified_at` is UTC epoch seconds."""

    path: str
    byte_count: int
    modified_at: float


class FrameStore(Protocol):
    """Files by their path, relative to the archive, with slashes. A path that leads out of the archive has no file.

    Every method raises StorageUnavailableError when the store is full, away or read-only; nothing has changed then.
    """

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            FileNotFoundError: when there is none.
        """

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        """Keep the content under this path unless a whole file is there already: the first one stays.

        Durable on return. A broken file is replaced.
        """

    def write(self, path: str, content: bytes) -> None:
        """Keep the content under this path in place of whatever is there: readers see one or the other, whole."""

    def delete(self, path: str) -> None:
        """See to it that there is no such file."""

    def set_aside(self, path: str) -> None:
        """Give a broken file the further suffix `.broken`, under which nobody but a person looks for it."""

    def cameras(self) -> list[str]:
        """The directories at the top that may be a camera's, in no order."""

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        """A camera's files, one list for each UTC day that has any, oldest day first; of the days from `since_seconds`
        (UTC epoch) on. What is being written is not among them, nor what a killed writer left (see `sweep`).
        """

    def sweep(self, camera_key: str, since_seconds: int, older_than: float) -> None:
        """Delete what writers that were killed left in the days from `since_seconds` on, if it was last changed before
        `older_than`: what is younger may be somebody's work. Both are UTC epoch seconds.
        """

    def free_bytes(self) -> int | None:
        """What there is room for; None where nobody can tell, as in an object store."""
