"""A camera's status, put together from what it is set to and what is known of it."""

from services.ingest.camera_state import CameraCondition, SourceFacts
from services.ingest.settings import CameraSettings
from shared import __version__
from shared.bus.status import MAX_WORDS, CameraStatus
from shared.clock import Clock


def camera_status(  # noqa: PLR0913 each by name
    camera: CameraSettings,
    order: int,
    condition: CameraCondition,
    *,
    facts: SourceFacts = SourceFacts(),  # noqa: B008 it is frozen
    fps: float | None = None,
    viewer_count: int = 0,
    notices: tuple[str, ...] = (),
) -> CameraStatus:
    """The first camera in order is the default one. Words may come from outside, at any length."""
    said = notices if facts.notice is None else (*notices, facts.notice)
    return CameraStatus(
        camera=camera.device_key,
        name=camera.display_name,
        order=order,
        is_default=order == 0,
        source=camera.source_kind,
        state=condition.state,
        since_ns=condition.since_ns,
        last_error=None if condition.last_error is None else condition.last_error[:MAX_WORDS],
        notices=tuple(notice[:MAX_WORDS] for notice in said),
        reconnects=condition.reconnects,
        width=condition.width,
        height=condition.height,
        fps=fps,
        codec=facts.codec,
        bits_per_second=facts.bits_per_second,
        widths=camera.offered_widths,
        viewer_count=viewer_count,
        capture_interval_seconds=camera.capture_interval,
        sent_at_ns=Clock().utc_ns(),
        ingest_version=__version__,
    )
