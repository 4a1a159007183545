"""A camera's status and its two message parts, both ways. Pure: no sockets.

The status is the heartbeat of ingest (1 Hz and on change) and the only way in which the other services learn
which cameras there are, so it carries what they need of a camera's settings.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.bus.frames import BEYOND_INTEGERS, MAX_SIDE_PIXELS
from shared.bus.topics import CameraKey, status_topic
from shared.errors import MessageDecodeError

MAX_STATUS_BYTES: Final = 16 * 1024
MAX_CAPTURE_INTERVAL_SECONDS: Final = 30 * 24 * 3600


class CameraState(StrEnum):
    """What ingest is doing about a camera."""

    CONNECTING = "connecting"
    LIVE = "live"
    IDLE = "idle"
    """Connected and receiving; nothing is decoded into pictures, since nobody subscribes."""
    STALLED = "stalled"
    """Connected, but no frame has come for some seconds."""
    FROZEN = "frozen"
    """Frames come, but the picture has been the same for longer than it can be."""
    OFFLINE = "offline"
    UNAUTHORIZED = "unauthorized"
    DISABLED = "disabled"
    REMOVED = "removed"
    """Taken out of the configuration: whoever hears it forgets the camera."""


MAX_WORDS: Final = 1000
"""The length of a reason or a notice at the most."""


class CameraStatus(BaseModel):
    """All that the other services know of a camera. Times are UTC epoch nanoseconds."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    camera: CameraKey
    name: str = Field(min_length=1, max_length=200)
    order: int = Field(ge=0, le=100_000)
    is_default: bool
    source: Literal["demo", "rtsp", "http", "file"]
    state: CameraState
    since_ns: int = Field(ge=0, lt=BEYOND_INTEGERS)
    last_error: str | None = Field(max_length=MAX_WORDS)
    notices: tuple[Annotated[str, Field(max_length=MAX_WORDS)], ...] = Field(default=(), max_length=8)
    """What is not as wished though pictures come, such as a changed configuration that can't be used."""
    reconnects: int = Field(ge=0, lt=BEYOND_INTEGERS)
    width: int | None = Field(ge=1, le=MAX_SIDE_PIXELS)
    height: int | None = Field(ge=1, le=MAX_SIDE_PIXELS)
    fps: float | None = Field(ge=0, le=1000, allow_inf_nan=False)
    codec: str | None = Field(default=None, max_length=32)
    bits_per_second: int | None = Field(default=None, ge=0, lt=BEYOND_INTEGERS)
    """What the camera sends, as measured; None where the source can't tell."""
    widths: tuple[Annotated[int, Field(ge=1, le=MAX_SIDE_PIXELS)], ...] = Field(default=(), max_length=16)
    """The widths in pixels at which frames can be had besides the source's own, on demand."""
    viewer_count: int = Field(ge=0, lt=BEYOND_INTEGERS)
    capture_interval_seconds: int = Field(ge=1, le=MAX_CAPTURE_INTERVAL_SECONDS)
    sent_at_ns: int = Field(ge=0, lt=BEYOND_INTEGERS)
    ingest_version: str | None = Field(default=None, max_length=32)
    """Of the Framecast that sent this; None of one that did not tell it yet."""

    @property
    def is_streaming(self) -> bool:
        """Whether a picture is to be had at once: watched or not, the camera delivers."""
        return self.state in (CameraState.LIVE, CameraState.IDLE)


def encode_status(status: CameraStatus) -> list[bytes]:
    return [status_topic(status.camera), status.model_dump_json().encode()]


def decode_status(parts: Sequence[bytes]) -> CameraStatus:
    """Read a status back.

    Raises:
        MessageDecodeError: when it is not as the wire format says.
    """
    if len(parts) != 2:  # noqa: PLR2004 topic and body
        raise MessageDecodeError(f"a status has 2 parts, not {len(parts)}")
    topic, body = parts
    if len(body) > MAX_STATUS_BYTES:
        raise MessageDecodeError(f"the status is {len(body)} bytes long")
    try:
        # By JSON's own types only, so that "1" is no number; enums and floats read as JSON writes them.
        status = CameraStatus.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise MessageDecodeError(f"the status is not valid: {error.errors()[0]['msg']}") from None
    if topic != status_topic(status.camera):
        raise MessageDecodeError("the topic does not name the status's camera")
    return status
