"""An export's target in an object store. Loaded only when one is named: its library is large."""

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from services.archiver.base import export_texts, store_texts
from services.archiver.base.errors import StorageUnavailableError
from services.archiver.export.target import writing_words
from services.archiver.files.s3_store import S3Store


class BucketTarget:
    """A `Target` under a prefix of a bucket, with the credentials and the endpoint that the archive uses."""

    def __init__(self, url: str, endpoint: str | None, workspace: Path | None = None) -> None:
        """Raises ValueError when the address names no bucket."""
        self.workspace = workspace
        self._store = S3Store(url, endpoint=endpoint)

    def read(self, path: str) -> bytes:
        with _as_the_targets("read"):
            return self._store.read(path, max_bytes=sys.maxsize)

    def open(self, path: str) -> BinaryIO:
        return io.BytesIO(self.read(path))

    def write(self, path: str, content: bytes) -> None:
        with _as_the_targets("written"):
            self._store.write(path, content)

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> None:
        with writing_words(), TemporaryFile(dir=self.workspace) as file:
            file.writelines(pieces)  # what fails here is not the target
            file.seek(0)
            with _as_the_targets("written"):
                self._store.write_file(path, file)


@contextmanager
def _as_the_targets(action: str) -> Iterator[None]:
    """The store's words are about the archive."""
    try:
        yield
    except StorageUnavailableError as error:
        reason = str(error).removeprefix(store_texts.object_store_fails("")).removesuffix(".")
        raise StorageUnavailableError(export_texts.export_target_fails(action, reason)) from error
