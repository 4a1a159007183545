"""A camera's status, and its message: encoding and decoding. Pure: no sockets.

The status is ingest's heartbeat, sent once a second and at each change. The other services learn only from it which
cameras there are, so it carries those settings of a camera that they need.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.bus.documents import decode_document, encode_document
from shared.bus.frames import INTEGER_LIMIT, MAX_SIDE_PIXELS
from shared.bus.topics import CameraKey, status_topic
from shared.settings import HIGHEST_MAX_PIXELS

MAX_STATUS_BYTES: Final = 16 * 1024
MAX_FPS: Final = 1000
MAX_CAMERAS: Final = 1000
"""A receiver knows no more of them: whoever can forge a status could name ever new ones. Five full ingests fit in."""
MAX_KEY_FRAME_SECONDS: Final = 3600.0
MAX_CAPTURE_INTERVAL_SECONDS: Final = 30 * 24 * 3600


class CameraState(StrEnum):
    """The state of a camera, as ingest sees it."""

    CONNECTING = "connecting"
    LIVE = "live"
    IDLE = "idle"
    """Connected and receiving. No picture is made, because nobody subscribes."""
    STALLED = "stalled"
    """Connected, but no frame has arrived for some seconds."""
    FROZEN = "frozen"
    """Frames arrive, but the picture has been the same for longer than a real camera's can be."""
    OFFLINE = "offline"
    UNAUTHORIZED = "unauthorized"
    DISABLED = "disabled"
    REMOVED = "removed"
    """Taken out of the configuration: receivers forget the camera."""


MAX_WORDS: Final = 1000
"""The maximum length of a reason or a notice, in characters."""


class CameraStatus(BaseModel):
    """Everything that the other services know about a camera. Times are UTC epoch nanoseconds."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    camera: CameraKey
    name: str = Field(min_length=1, max_length=200)
    order: int = Field(ge=0, le=100_000)
    is_default: bool
    source: Literal["demo", "rtsp", "http", "file"]
    state: CameraState
    since_ns: int = Field(ge=0, lt=INTEGER_LIMIT)
    last_error: str | None = Field(max_length=MAX_WORDS)
    notices: tuple[Annotated[str, Field(max_length=MAX_WORDS)], ...] = Field(default=(), max_length=8)
    """Problems with which pictures may still arrive, such as a changed configuration that can't be used."""
    reconnects: int = Field(ge=0, lt=INTEGER_LIMIT)
    width: int | None = Field(ge=1, le=MAX_SIDE_PIXELS)
    height: int | None = Field(ge=1, le=MAX_SIDE_PIXELS)
    fps: float | None = Field(ge=0, le=MAX_FPS, allow_inf_nan=False)
    codec: str | None = Field(default=None, max_length=32)
    bits_per_second: int | None = Field(default=None, ge=0, lt=INTEGER_LIMIT)
    """The camera's bit rate, as measured; None when the source can't tell."""
    widths: tuple[Annotated[int, Field(ge=1, le=MAX_SIDE_PIXELS)], ...] = Field(default=(), max_length=16)
    """The widths in pixels of the renditions that are made on demand, besides `main`."""
    viewer_count: int = Field(ge=0, lt=INTEGER_LIMIT)
    capture_interval_seconds: int = Field(ge=1, le=MAX_CAPTURE_INTERVAL_SECONDS)
    sent_at_ns: int = Field(ge=0, lt=INTEGER_LIMIT)
    ingest_version: str | None = Field(default=None, max_length=32)
    """The version of Framecast that sent this; None from versions before this member."""
    camera_utc_ns: int | None = Field(default=None, ge=0, lt=INTEGER_LIMIT)
    """What the camera's own clock shows now; None where it does not tell, or is on ingest's computer."""
    key_frame_seconds: float | None = Field(default=None, ge=0, le=MAX_KEY_FRAME_SECONDS, allow_inf_nan=False)
    """How far apart the camera's key frames came lately; None where that is not known."""

    @model_validator(mode="after")
    def _has_a_pictures_size(self) -> Self:
        if (self.width or 0) * (self.height or 0) > HIGHEST_MAX_PIXELS:
            raise ValueError(f"a picture has at most {HIGHEST_MAX_PIXELS} pixels")
        return self

    @property
    def is_streaming(self) -> bool:
        """Whether the camera delivers pictures, watched or not."""
        return self.state in (CameraState.LIVE, CameraState.IDLE)


def encode_status(status: CameraStatus) -> list[bytes]:
    return encode_document(status_topic(status.camera), status)


def decode_status(parts: Sequence[bytes]) -> CameraStatus:
    """The status in a message.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    return decode_document(parts, CameraStatus, "status", MAX_STATUS_BYTES, lambda status: status_topic(status.camera))
