"""The shelf: frames with their thumbnails on a store. Knows what a whole frame is; knows neither bus nor database.

All that a row says is read from the file that lies there, whoever wrote it, so any number of archivers tell the same of
it, and so does a rebuild. Everything here blocks and computes: call it on a thread.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.archiver.base.errors import (
    EncodeFailedError,
    ForeignPictureError,
    PictureRefusedError,
    StorageUnavailableError,
)
from services.archiver.db.models import ArchivedFrame, FrameKind
from services.archiver.files.image_features import ImageFeatures, looks_of, thumbnail_of
from services.archiver.files.paths import FrameName, thumbnail_path_of
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import LabelledPicture, is_whole_webp, read_webp
from shared.logs import get_logger

ORPHAN_SECONDS: Final = 120
"""What is younger may be another archiver's work, and is not swept."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A whole frame as it lies there. `interval_seconds` is None for one without a slot."""

    name: FrameName
    width: int
    height: int
    byte_count: int
    sha256: str
    captured_at: datetime
    interval_seconds: int | None
    looks: ImageFeatures
    thumbnail_bytes: int | None
    """None when there was no room for it, on the disk or in memory: it is made when somebody asks."""

    def row(self, created_at: datetime) -> ArchivedFrame:
        return ArchivedFrame(
            camera_key=self.name.camera_key,
            kind=(FrameKind.MANUAL if self.name.slot_start is None else FrameKind.SLOT).value,
            slot_start=self.name.slot_start,
            interval_seconds=self.interval_seconds,
            captured_at=self.captured_at,
            path=self.name.path,
            width=self.width,
            height=self.height,
            bytes=self.byte_count,
            sha256=self.sha256,
            thumbnail_bytes=self.thumbnail_bytes,
            brightness=self.looks.brightness,
            perceptual_hash=self.looks.perceptual_hash,
            created_at=created_at,
        )


class DamagedFrameError(Exception):
    """Raised when a frame's file is not the one that its row tells of. Report it; never show it."""


class FrameFiles:
    """Every method raises StorageUnavailableError when the store does."""

    def __init__(self, store: FrameStore) -> None:
        self.store = store

    def keep(self, name: FrameName, webp: bytes) -> StoredFrame:
        """Keep the frame unless a whole one is there already; what lies there in the end. Durable on return."""
        self.store.write_first(name.path, webp, is_whole_webp)
        try:
            kept = self.describe(name)
        except PictureRefusedError:
            kept = None
        if kept is None:
            raise StorageUnavailableError("The picture just written can't be read back whole.")
        return kept

    def describe(self, name: FrameName) -> StoredFrame | None:
        """The frame of that name, with a fresh thumbnail beside it; None when there is none.

        Raises:
            PictureRefusedError: when its file is broken.
            ForeignPictureError: when it is whole but nobody of ours wrote it.
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
            looks=looks_of(found.picture),
            thumbnail_bytes=self._write_thumbnail(name.path, found),
        )

    def image(self, frame: ArchivedFrame) -> bytes:
        """The bytes of a row's file, which are just those that the row tells of.

        Raises:
            FileNotFoundError: when it is gone.
            DamagedFrameError: when they are others.
        """
        content = self.store.read(frame.path)
        if len(content) != frame.bytes or hashlib.sha256(content).hexdigest() != frame.sha256:
            raise DamagedFrameError(frame.path)
        return content

    def thumbnail(self, frame: ArchivedFrame) -> bytes:
        """A row's thumbnail, made anew when it is gone or broken. Raises what `image` does."""
        try:
            thumbnail = self.store.read(thumbnail_path_of(frame.path))
        except FileNotFoundError:
            thumbnail = b""
        if is_whole_webp(thumbnail):
            return thumbnail
        found = read_webp(self.image(frame))
        self._write_thumbnail(frame.path, found)
        return thumbnail_of(found.picture)

    def remove(self, path: str) -> None:
        """The frame first: a thumbnail left alone is swept, a frame left alone would be adopted."""
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
