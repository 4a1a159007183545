"""The archived frames as files: each frame's WebP with its thumbnail, in a store.

Knows what a whole frame is; knows neither bus nor database. Everything that a row says is read from the stored file,
whichever archiver wrote it. So any number of archivers describe a file alike, and so does a rebuild. Everything here
blocks and computes: call it on a thread.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from services.archiver.base import texts
from services.archiver.base.errors import (
    DamagedFrameError,
    EncodeFailedError,
    ForeignPictureError,
    PictureRefusedError,
    StorageUnavailableError,
)
from services.archiver.files.image_features import ImageFeatures, features_of, thumbnail_of
from services.archiver.files.paths import FrameName, thumbnail_path_of
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import LabelledPicture, is_whole_webp, read_webp
from shared.logs import get_logger

ORPHAN_SECONDS: Final = 120
"""A younger file may be the unfinished work of another archiver, and is not swept."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A whole frame as it is stored. `interval_seconds` is None for a frame without a slot."""

    name: FrameName
    width: int
    height: int
    byte_count: int
    sha256: str
    captured_at: datetime
    interval_seconds: int | None
    features: ImageFeatures
    thumbnail_bytes: int | None
    """None when there was no room for it, on the disk or in memory. It is then made at the first request."""


class FileRecord(Protocol):
    """What a row records of a frame's file: `path` in the store, and size and SHA-256 (hexadecimal) of its content."""

    path: str
    bytes: int
    sha256: str


class FrameFiles:
    """Writes, reads and removes frames. Every method raises StorageUnavailableError when the store is unavailable."""

    def __init__(self, store: FrameStore) -> None:
        self.store = store

    def save(self, name: FrameName, webp: bytes) -> StoredFrame:
        """Store the frame unless a whole one is there already; the one that is there in the end. Durable on return."""
        self.store.write_first(name.path, webp, is_whole_webp)
        try:
            stored = self.describe(name)
        except PictureRefusedError:
            stored = None
        if stored is None:
            raise StorageUnavailableError(texts.NOT_READ_BACK)
        return stored

    def describe(self, name: FrameName) -> StoredFrame | None:
        """The stored frame of that name, with a fresh thumbnail beside it; None when there is none.

        Raises:
            PictureRefusedError: when its file is broken.
            ForeignPictureError: when its file is whole, but no archiver wrote it.
        """
        try:
            content = self.store.read(name.path)
        except FileNotFoundError:
            return None
        found = read_webp(content)
        if found.captured_at is None or (name.slot_start is not None and found.interval_seconds is None):
            raise ForeignPictureError(f"{name.path} has no label")
        return StoredFrame(
            name=name,
            width=found.picture.width,
            height=found.picture.height,
            byte_count=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            captured_at=found.captured_at,
            interval_seconds=None if name.slot_start is None else found.interval_seconds,
            features=features_of(found.picture),
            thumbnail_bytes=self._write_thumbnail(name.path, found),
        )

    def image(self, record: FileRecord) -> bytes:
        """The WebP file that the record describes, byte for byte.

        Raises:
            FileNotFoundError: when it is gone.
            DamagedFrameError: when the file has other bytes.
        """
        content = self.store.read(record.path)
        if len(content) != record.bytes or hashlib.sha256(content).hexdigest() != record.sha256:
            raise DamagedFrameError(record.path)
        return content

    def thumbnail(self, record: FileRecord) -> bytes:
        """A frame's thumbnail as WebP, made anew when it is gone or broken. Raises the same errors as `image`."""
        try:
            thumbnail = self.store.read(thumbnail_path_of(record.path))
        except FileNotFoundError:
            thumbnail = b""
        if is_whole_webp(thumbnail):
            return thumbnail
        found = read_webp(self.image(record))
        self._write_thumbnail(record.path, found)
        return thumbnail_of(found.picture)

    def remove(self, path: str) -> None:
        """Remove the frame first, then its thumbnail: a lone thumbnail is swept, a lone frame would be adopted."""
        self.store.delete(path)
        self.store.delete(thumbnail_path_of(path))

    def _write_thumbnail(self, path: str, found: LabelledPicture) -> int | None:
        try:
            thumbnail = thumbnail_of(found.picture)
            self.store.write(thumbnail_path_of(path), thumbnail)
        except (EncodeFailedError, StorageUnavailableError) as error:
            log.warning("thumbnail not kept", path=path, reason=str(error))
            return None
        return len(thumbnail)
