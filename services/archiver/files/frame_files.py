"""The archived frames as files: each frame's WebP with its thumbnail, in a store.

Knows what a whole frame is; knows neither bus nor database. Everything that a row says is read from the stored file,
whichever archiver wrote it. So any number of archivers describe a file alike, and so does a rebuild. Everything here
blocks and computes: call it on a thread.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from PIL import Image

from services.archiver.base import texts
from services.archiver.base.clock_doubt import Moment
from services.archiver.base.errors import (
    DamagedFrameError,
    DiskNotMountedError,
    EncodeFailedError,
    ForeignPictureError,
    OutOfMemoryError,
    PictureRefusedError,
    PictureTooLargeError,
    StorageUnavailableError,
)
from services.archiver.files.image_features import THUMBNAIL_WIDTH, ImageFeatures, features_of, thumbnail_of
from services.archiver.files.paths import FrameName, kept_mark_of, thumbnail_path_of
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import read_webp, webp_bytes_needed
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

ORPHAN_SECONDS: Final = 120
"""A younger file may be the unfinished work of another archiver, and is not swept."""
MOST_THUMBNAIL_PIXELS: Final = THUMBNAIL_WIDTH * 16_383
"""Of our own ones; 16,383 is the highest that a WebP may be."""
KEPT_MARK: Final = b"Somebody marked this frame as kept: retention does not delete it.\n"
"""What a mark holds, for people who find it. Only its name counts."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A whole frame as it is stored. `interval_seconds` is None for one that was not captured for a slot."""

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
    moment: Moment | None = None
    """When it was captured, by a clock that never jumps; None when the file does not say so."""
    is_imported: bool = False
    """It came from another program's still, and not from a camera's frame."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is wanted of a decoded picture, so that the picture itself need not stay in memory."""

    width: int
    height: int
    captured_at: datetime | None
    interval_seconds: int | None
    features: ImageFeatures
    thumbnail: bytes | None
    """None when memory is short."""
    moment: Moment | None
    is_imported: bool


class FileRecord(Protocol):
    """What a row records of a frame's file: `path` in the store, and size and SHA-256 (hexadecimal) of its content."""

    path: str
    bytes: int
    sha256: str


class FrameFiles:
    """Writes, reads and removes frames. Every method raises StorageUnavailableError when the store is unavailable."""

    def __init__(
        self, store: FrameStore, max_pixels: int = DEFAULT_MAX_PIXELS, memory: PictureMemory | None = None
    ) -> None:
        self.store = store
        self.max_pixels = max_pixels
        self.memory = memory or PictureMemory()
        """Of all work on pictures in this process."""

    def save(self, name: FrameName, webp: bytes) -> StoredFrame:
        """Store the frame unless a whole one is there already; the one that is there in the end. Durable on return."""
        looked_at: dict[bytes, _Checked] = {}

        def is_whole(found: bytes) -> bool:
            try:
                looked_at[found] = self._checked(found)
            except (PictureTooLargeError, OutOfMemoryError):
                raise
            except PictureRefusedError:
                return False
            return True

        try:
            self.store.write_first(name.path, webp, is_whole)
            stored = self._described(name, looked_at)
        except PictureRefusedError:
            stored = None
        if stored is None:
            raise StorageUnavailableError(texts.NOT_READ_BACK)
        return stored

    def describe(self, name: FrameName) -> StoredFrame | None:
        """The stored frame of that name, with a fresh thumbnail beside it; None when there is none.

        Raises:
            PictureRefusedError: when its file is broken.
            PictureTooLargeError: when it would cost too much to look at it.
            OutOfMemoryError: when there is no memory to look at it now.
            ForeignPictureError: when its file is whole, but no archiver wrote it.
        """
        return self._described(name, {})

    def _described(self, name: FrameName, looked_at: dict[bytes, _Checked]) -> StoredFrame | None:
        """The same. A file with the bytes of one that was `looked_at` is not decoded again."""
        try:
            content = self.store.read(name.path)
        except FileNotFoundError:
            return None
        found = looked_at.get(content) or self._checked(content)
        if found.captured_at is None or (name.slot_start is not None and found.interval_seconds is None):
            raise ForeignPictureError(f"{name.path} has no label")
        return StoredFrame(
            name=name,
            width=found.width,
            height=found.height,
            byte_count=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            captured_at=found.captured_at,
            interval_seconds=found.interval_seconds,
            features=found.features,
            thumbnail_bytes=self._write_thumbnail(name.path, found.thumbnail),
            moment=found.moment,
            is_imported=name.slot_start is None and found.is_imported,
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
        """A frame's thumbnail as WebP, made anew when it is gone or broken.

        Raises:
            FileNotFoundError, DamagedFrameError: as `image`.
            PictureRefusedError: when the frame's file can't be decoded, or not now.
        """
        try:
            thumbnail = self.store.read(thumbnail_path_of(record.path))
        except FileNotFoundError:
            thumbnail = b""
        try:
            self._read_thumbnail(thumbnail)
        except OutOfMemoryError:
            raise
        except PictureRefusedError:  # also of a file in its place that is too large for one
            return self._made_thumbnail(record)
        return thumbnail

    def thumbnail_picture(self, record: FileRecord) -> Image.Image:
        """The same, decoded, as RGB. Raises as `thumbnail`."""
        try:
            picture = self._read_thumbnail(self.store.read(thumbnail_path_of(record.path)))
        except (FileNotFoundError, PictureRefusedError):
            picture = self._read_thumbnail(self._made_thumbnail(record))
        return picture if picture.mode == "RGB" else picture.convert("RGB")

    def _read_thumbnail(self, webp: bytes) -> Image.Image:
        with self.memory.taken(webp_bytes_needed(webp, MOST_THUMBNAIL_PIXELS)):
            return read_webp(webp, MOST_THUMBNAIL_PIXELS).picture

    def _made_thumbnail(self, record: FileRecord) -> bytes:
        made = self._checked(self.image(record)).thumbnail
        if made is None:
            raise OutOfMemoryError(texts.NO_MEMORY)
        self._write_thumbnail(record.path, made)
        return made

    def mark_kept(self, path: str) -> None:
        """Mark the frame as kept. Durable on return."""
        self.store.write(kept_mark_of(path), KEPT_MARK)

    def unmark_kept(self, path: str) -> None:
        """Take the mark away, if it is there."""
        self.store.delete(kept_mark_of(path))

    def remove(self, path: str) -> None:
        """Remove the frame first, then its thumbnail: a lone thumbnail is swept, a lone frame would be adopted."""
        self.remove_all([path])

    def remove_all(self, paths: Sequence[str]) -> None:
        """The same for many, several at a time where the store can."""
        self.store.delete_all(paths)
        self.store.delete_all([thumbnail_path_of(path) for path in paths])
        self.store.delete_all([kept_mark_of(path) for path in paths])

    def remove_reachable(self, paths: Sequence[str]) -> list[str]:
        """Remove these frames; the paths of those that are gone. One whose disk is away is left for later."""
        gone: list[str] = []
        with suppress(DiskNotMountedError):
            if paths:
                self.remove_all(paths)
            return list(paths)
        for path in paths:
            with suppress(DiskNotMountedError):
                self.remove(path)
                gone.append(path)
        return gone

    def _checked(self, webp: bytes) -> _Checked:
        """Decode the file once, for everything that is wanted of it. Waits for its turn in memory."""
        with self.memory.taken(webp_bytes_needed(webp, self.max_pixels)):
            return _check(webp, self.max_pixels)

    def _write_thumbnail(self, path: str, thumbnail: bytes | None) -> int | None:
        if thumbnail is None:
            log.warning("thumbnail not kept", path=path, reason=texts.NO_MEMORY)
            return None
        try:
            self.store.write(thumbnail_path_of(path), thumbnail)
        except StorageUnavailableError as error:
            log.warning("thumbnail not kept", path=path, reason=str(error))
            return None
        return len(thumbnail)


def _check(webp: bytes, max_pixels: int) -> _Checked:
    found = read_webp(webp, max_pixels)
    try:
        features = features_of(found.picture)
    except MemoryError:
        raise OutOfMemoryError(texts.NO_MEMORY) from None
    thumbnail = None
    with suppress(EncodeFailedError):
        thumbnail = thumbnail_of(found.picture)
    width, height = found.picture.size
    return _Checked(
        width,
        height,
        found.captured_at,
        found.interval_seconds,
        features,
        thumbnail,
        moment=found.moment,
        is_imported=found.is_imported,
    )
