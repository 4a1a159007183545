"""Capturing by hand: a frame of now, because somebody asked for it. It belongs to no slot and never fills one."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Final

from PIL.Image import Image

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import PictureRefusedError
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.camera_recorder import Archive
from services.archiver.capture.recorder import Recorder
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import StoredFrame
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, decode_jpeg, encode_webp
from shared.bus.frames import Frame
from shared.errors import FramecastError
from shared.logs import get_logger

WAIT_SECONDS: Final = 5.0
log = get_logger(__name__)


class UnknownCameraError(FramecastError):
    """Raised when nobody has heard of the camera. Say which there are."""


class NoPictureError(FramecastError):
    """Raised when no live picture can be had, saying why. Try again later."""


async def capture_by_hand(recorder: Recorder, archive: Archive, camera_key: str | None) -> ArchivedFrame | None:
    """Keep the camera's next picture; its row, or None when the file is kept and its row has to wait for the database.

    Raises:
        UnknownCameraError: when it is not known.
        NoPictureError: when it gives no live picture within `WAIT_SECONDS`.
        EncodeFailedError, StorageUnavailableError: when the picture can't be kept.
    """
    sighting = recorder.sighting(camera_key)
    if sighting is None:
        raise UnknownCameraError(camera_key or "")
    picture, captured_at_ns = await _next_picture(recorder, archive, sighting)
    label = Label(sighting.camera_key, from_ns(captured_at_ns), None)
    name = FrameName(sighting.camera_key, None, captured_at_ns // 1_000_000)

    def keep() -> StoredFrame:
        return archive.shelf.keep(name, encode_webp(picture, label, archive.webp))

    file = await archive.threads.run(keep)
    log.info("frame captured by hand", camera=sighting.camera_key, path=name.path)
    return await archive.bookkeeper.enter(file)


async def _next_picture(recorder: Recorder, archive: Archive, sighting: CameraPresence) -> tuple[Image, int]:
    """The next live and whole picture, with its time in epoch ns."""
    arrived: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

    def take(frame: Frame) -> None:
        if frame.live and sighting.is_streaming and not arrived.done():
            arrived.set_result(frame)

    refused = None
    with suppress(TimeoutError), recorder.listening(sighting.camera_key, take):
        async with asyncio.timeout(WAIT_SECONDS):
            while sighting.interval_seconds is not None:
                frame = await arrived
                arrived = asyncio.get_running_loop().create_future()
                try:
                    return await archive.threads.run(partial(decode_jpeg, frame.jpeg)), frame.captured_at_ns
                except PictureRefusedError as error:
                    refused = error
    raise NoPictureError(_why_none(sighting, refused))


def _why_none(sighting: CameraPresence, refused: PictureRefusedError | None) -> str:
    if sighting.interval_seconds is None:
        return "it is disabled"
    trouble = sighting.trouble()
    if trouble is not None:
        return f"{trouble.reason} ({trouble.detail})" if trouble.detail else trouble.reason
    return str(refused) if refused else f"none came within {WAIT_SECONDS:.0f} s"
