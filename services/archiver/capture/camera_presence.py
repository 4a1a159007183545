"""A sighting: what was last heard of one camera, and so why there may be no picture of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.archiver.base.epoch import from_ns
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveCamera
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from shared.remote_clock import RemoteClock

SILENT_SECONDS: Final = 5.0
"""Statuses come every second."""
FORGET_AFTER: Final = timedelta(days=7)
"""A camera that nobody has spoken of for so long has probably been taken out while nobody listened."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no picture: a gap's reason, and the camera's own words."""

    reason: str
    detail: str | None = None


class CameraPresence:
    """On the loop's thread only.

    `ingest_silent_seconds` tells how long ago any camera was heard of; None: never.
    """

    def __init__(
        self,
        camera_key: str,
        clock: Clock,
        ingest_silent_seconds: Callable[[], float | None],
        known: ArchiveCamera | None = None,
    ) -> None:
        self.camera_key = camera_key
        self.name = known.name if known else camera_key
        self.interval_seconds: int | None = known.interval_seconds if known else None
        """None while nothing is to be captured: the camera is disabled or removed."""
        self.is_streaming = False
        self.remote_clock = RemoteClock(clock)
        """Of its ingest's host: slots are by this host's clock, and the other's may be wrong."""
        self._clock = clock
        self._ingest_silent_seconds = ingest_silent_seconds
        self._status: CameraStatus | None = None
        self._heard_monotonic = float("-inf")
        self._heard_at = known.heard_at if known else from_ns(clock.utc_ns())

    @property
    def heard_at(self) -> datetime:
        return self._heard_at

    @property
    def is_forgotten(self) -> bool:
        """Whether so long ago that no more gaps are told of it, until it is heard of again."""
        return from_ns(self._clock.utc_ns()) - self._heard_at > FORGET_AFTER

    def hear(self, status: CameraStatus) -> None:
        self._status = status
        self.remote_clock.observe(status.sent_at_ns)
        self._heard_monotonic = self._clock.monotonic()
        self._heard_at = from_ns(self._clock.utc_ns())
        self.name = _storable(status.name)
        self.is_streaming = status.is_streaming
        away = status.state in (CameraState.DISABLED, CameraState.REMOVED)
        self.interval_seconds = None if away else status.capture_interval_seconds

    def trouble(self) -> Trouble | None:
        """What keeps it from giving a picture at the moment; None when one should be to be had."""
        if self._status is None or self._clock.monotonic() - self._heard_monotonic > SILENT_SECONDS:
            ingest_silent = self._ingest_silent_seconds()
            gone = ingest_silent is None or ingest_silent > SILENT_SECONDS
            return Trouble((GapReason.INGEST_UNREACHABLE if gone else GapReason.NOT_REPORTED).value)
        if not self._status.is_streaming:
            return Trouble(f"camera {self._status.state.value}", _storable(self._status.last_error or "") or None)
        return None


def _storable(text: str) -> str:
    """Without the one character that PostgreSQL refuses."""
    return text.replace("\0", "")
