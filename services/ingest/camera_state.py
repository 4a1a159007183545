"""What is known of a camera. Values only: whoever speaks of cameras need not load what decodes them."""

from dataclasses import dataclass

from shared.bus.status import CameraState


@dataclass(frozen=True, slots=True)
class CameraCondition:
    """What the camera's thread knows of it, as of its last change. Replaced whole, so any thread may read it."""

    state: CameraState
    since_ns: int
    last_error: str | None = None
    reconnects: int = 0
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source can tell of what it receives; None where it can't."""

    codec: str | None = None
    """In lower case, as in `h264`, `hevc`, `mjpeg`."""
    bits_per_second: int | None = None
    notice: str | None = None
    """What is not as wished though pictures come, in words for the user."""
