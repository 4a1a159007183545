"""From a JPEG to a file and its row: decodes, encodes and stores pictures on threads. Knows no slots and no bus."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from services.archiver.base.errors import PictureRefusedError, PictureTooLargeError
from services.archiver.base.threads import Threads
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, decode_jpeg, encode_webp, jpeg_bytes_needed
from shared.bus.frames import Frame
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

log = get_logger(__name__)


class FrameArchiver:
    """On one loop; the work runs on threads of its own."""

    def __init__(
        self, frame_files: FrameFiles, row_writer: RowWriter, webp: WebpOptions, monotonic: Callable[[], float]
    ) -> None:
        self.refused = ThrottledLog("pictures", monotonic)
        """Pictures that did not decode completely."""
        self._frame_files = frame_files
        self._row_writer = row_writer
        self._webp = webp
        self._threads = Threads()

    async def encode(self, frame: Frame, label: Label) -> bytes:
        """The frame's picture as a WebP file. Decoded, it stays in memory no longer than this takes.

        Raises:
            PictureRefusedError: when it is not whole, or would cost too much. It is counted.
            EncodeFailedError: when it can't be encoded.
        """
        label = replace(label, moment=self._row_writer.trusted_clock.moment_at(frame.captured_at_ns))
        try:
            return await self._threads.run(partial(self._encoded, frame.jpeg, label))
        except PictureRefusedError as error:
            self.refused.count(f"{frame.camera_key}: {error}")
            raise

    def _encoded(self, jpeg: bytes, label: Label) -> bytes:
        max_pixels = self._frame_files.max_pixels
        with self._frame_files.memory.taken(jpeg_bytes_needed(jpeg, max_pixels)):
            return encode_webp(decode_jpeg(jpeg, max_pixels), label, self._webp)

    async def save(self, name: FrameName, webp: bytes) -> None:
        """Store the file and queue its row. If the waiting is cancelled, both still happen (see `drain`).

        Raises:
            StorageUnavailableError: when the file can't be stored.
        """
        stored = await self._threads.run(partial(self._frame_files.save, name, webp), self._row_writer.insert_soon)
        log.info("frame archived", camera=name.camera_key, path=name.path, bytes=stored.byte_count)

    async def save_now(self, name: FrameName, webp: bytes) -> ArchivedFrame | None:
        """Store the file and insert its row; None when the row has to wait for the database.

        Raises:
            StorageUnavailableError: when the file can't be stored.
        """
        stored = await self._threads.run(partial(self._frame_files.save, name, webp))
        log.info("frame captured manually", camera=name.camera_key, path=name.path)
        return await self._row_writer.insert(stored)

    async def stored(self, name: FrameName) -> StoredFrame | None:
        """The whole file of that name, if there is one; then its row is queued. Raises StorageUnavailableError.

        One that would cost too much to look at is set aside, so that it does not keep the slot without its picture.
        """
        try:
            stored = await self._threads.run(partial(self._frame_files.describe, name))
        except PictureTooLargeError as error:
            log.warning("a file in a frame's place is too large, set aside", path=name.path, reason=str(error))
            await self._threads.run(partial(self._frame_files.store.set_aside, name.path))
            return None
        except PictureRefusedError:
            return None
        if stored is not None:
            self._row_writer.insert_soon(stored)
        return stored

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work that runs; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)
