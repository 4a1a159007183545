"""A camera's status message, put together from its settings and what is known of it."""

from dataclasses import dataclass

from services.ingest.camera.state import ObservedState
from services.ingest.settings import CameraSettings
from shared import __version__
from shared.bus.status import MAX_KEY_FRAME_SECONDS, MAX_WORDS, CameraStatus
from shared.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What only the camera's own process can measure. None, or 0 viewers, where it can't."""

    fps: float | None = None
    codec: str | None = None
    bits_per_second: int | None = None
    viewer_count: int = 0
    camera_utc_ns: int | None = None
    key_frame_seconds: float | None = None


def camera_status(
    camera: CameraSettings,
    order: int,
    observed: ObservedState,
    notices: tuple[str, ...] = (),
    measurements: Measurements = Measurements(),
) -> CameraStatus:
    """The status as of now. The camera with `order` 0 is the default one.

    The last error and the notices may come from outside, at any length: they are cut to what a status may hold.
    """
    return CameraStatus(
        camera=camera.device_key,
        name=camera.display_name,
        order=order,
        is_default=order == 0,
        source=camera.source_kind,
        state=observed.state,
        since_ns=observed.since_ns,
        last_error=None if observed.last_error is None else observed.last_error[:MAX_WORDS],
        notices=tuple(notice[:MAX_WORDS] for notice in (*camera.understood, *notices)),
        reconnects=observed.reconnects,
        width=observed.width,
        height=observed.height,
        fps=measurements.fps,
        codec=measurements.codec,
        bits_per_second=measurements.bits_per_second,
        widths=camera.offered_widths,
        viewer_count=measurements.viewer_count,
        capture_interval_seconds=camera.capture_interval,
        sent_at_ns=Clock().utc_ns(),
        ingest_version=__version__,
        camera_utc_ns=measurements.camera_utc_ns,
        key_frame_seconds=_rounded(measurements.key_frame_seconds),
    )


def _rounded(key_frame_seconds: float | None) -> float | None:
    """Within what a status may hold."""
    return None if key_frame_seconds is None else round(min(max(key_frame_seconds, 0.0), MAX_KEY_FRAME_SECONDS), 2)
