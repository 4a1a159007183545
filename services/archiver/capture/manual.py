"""Manual captures: a frame of this moment, because somebody asked for it. It belongs to no slot and never fills one."""

import asyncio
from contextlib import suppress
from typing import Final

from services.archiver.base import texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import NoPictureError, PictureRefusedError, UnknownCameraError
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.frame_archiver import FrameArchiver
from services.archiver.capture.recorder import Recorder
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label
from shared.bus.frames import Frame
from shared.loop_clock import LoopClock

WAIT_SECONDS: Final = 5.0


class ManualCapture:
    """On the loop's thread only."""

    def __init__(self, recorder: Recorder, frame_archiver: FrameArchiver, loop_clock: LoopClock) -> None:
        self._recorder = recorder
        self._loop_clock = loop_clock
        self._frame_archiver = frame_archiver

    async def capture(self, camera_key: str | None) -> ArchivedFrame | None:
        """Archive the next picture of the camera, or of the default camera; its row.

        None when the file is stored and the row has to wait for the database.

        Raises:
            UnknownCameraError: when no such camera is known.
            NoPictureError: when it gives no live picture within `WAIT_SECONDS`.
            EncodeFailedError, StorageUnavailableError: when the picture can't be stored.
        """
        presence = self._recorder.presence(camera_key)
        if presence is None:
            raise UnknownCameraError(camera_key or "")
        webp, captured_at_ns = await self._next_picture(presence)
        name = FrameName(presence.camera_key, None, captured_at_ns // 1_000_000)
        return await self._frame_archiver.save_now(name, webp)

    async def _next_picture(self, presence: CameraPresence) -> tuple[bytes, int]:
        """The next live, whole picture as a WebP file, with its time in epoch ns."""
        refused, clock = None, self._loop_clock
        deadline = clock.seconds() + WAIT_SECONDS
        with suppress(TimeoutError):
            while presence.interval_seconds is not None:
                frame = await clock.wait_for(self._next_frame(presence), deadline - clock.seconds())
                label = Label(presence.camera_key, from_ns(frame.captured_at_ns), None)
                try:
                    return await self._frame_archiver.encode(frame, label), frame.captured_at_ns
                except PictureRefusedError as error:
                    refused = error
        raise NoPictureError(_why_none(presence, refused))

    async def _next_frame(self, presence: CameraPresence) -> Frame:
        arrived: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

        def take(frame: Frame) -> None:
            if frame.live and presence.is_streaming and not arrived.done():
                arrived.set_result(frame)

        with self._recorder.listening(presence.camera_key, take):
            return await arrived


def _why_none(presence: CameraPresence, refused: PictureRefusedError | None) -> str:
    if presence.interval_seconds is None:
        return texts.DISABLED
    why = presence.miss_reason()
    if why is not None:
        return f"{why.reason} ({why.detail})" if why.detail else why.reason
    return str(refused) if refused else texts.none_came(WAIT_SECONDS)
