"""The archive's picture files as the lab reads them beside the archiver: in a directory, or in a bucket."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store


class Pictures(Protocol):
    """Paths are relative, as the rows have them. Errors are OSError."""

    def read(self, path: str) -> bytes: ...

    def paths(self) -> set[str]:
        """Of all pictures that are there."""
        ...


@dataclass(frozen=True, slots=True)
class InDirectory:
    directory: Path

    def read(self, path: str) -> bytes:
        return (self.directory / path).read_bytes()

    def paths(self) -> set[str]:
        return {file.relative_to(self.directory).as_posix() for file in self.directory.rglob("*.webp")}


@dataclass(frozen=True, slots=True)
class InBucket:
    bucket: S3Store

    def read(self, path: str) -> bytes:
        try:
            return bytes(obstore.get(self.bucket, path).bytes())
        except BaseError as error:
            raise OSError(str(error)) from error

    def paths(self) -> set[str]:
        try:
            listed = [each["path"] for some in obstore.list(self.bucket) for each in some]
        except BaseError as error:
            raise OSError(str(error)) from error
        return {path for path in listed if path.endswith(".webp")}
