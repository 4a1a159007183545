"""The settings of ingest. Only ingest reads the cameras' settings; the status tells the other services what they need.

One camera comes from the environment, as `CAMERA_…`; several come from a file with the same names (`cameras_file.py`).
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import SettingsConfigDict

from shared.bus.status import MAX_CAPTURE_INTERVAL_SECONDS
from shared.bus.topics import KEY_PATTERN
from shared.settings import BusServerSettings, SecretUrl, Settings, mask_url, url_has_host

MAX_WIDTHS: Final = 16
MIN_WIDTH_PIXELS: Final = 16
MAX_WIDTH_PIXELS: Final = 7680
SourceKind = Literal["demo", "rtsp", "http", "file"]


def _source_kind(url: str) -> SourceKind:
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "file"
    kinds: dict[str, SourceKind] = {"rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http"}
    return kinds[scheme.lower()]


def _usable_url(value: SecretUrl) -> SecretUrl:
    url = value.get_secret_value()
    try:
        usable = Path(url).is_file() if _source_kind(url) == "file" else url_has_host(url)
    except (KeyError, OSError):
        usable = False
    if not usable:
        raise ValueError(mask_url(url))
    return value


def _joined(value: Any) -> Any:
    """A list, which only a file can hold, in the form of an environment variable."""
    return ",".join(map(str, value)) if isinstance(value, list) else value


def _usable_widths(value: str) -> str:
    widths = value.split(",")
    if len(widths) > MAX_WIDTHS or not all(
        width.strip().isdecimal() and MIN_WIDTH_PIXELS <= int(width) <= MAX_WIDTH_PIXELS for width in widths
    ):
        raise ValueError(value)
    return value


def _existing_file(value: Path) -> Path:
    if not value.is_file():
        raise ValueError(str(value))
    return value


class CameraSettings(BaseModel):
    """One camera. Each description completes "must be …"; the docstring below a field says what it does."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    device_key: Annotated[str, StringConstraints(pattern=KEY_PATTERN)] = Field(
        "camera_1", description="1 to 63 of the characters a-z, 0-9, _ and -, beginning with a letter or digit"
    )
    """The camera's name in addresses, files and topics."""
    name: str | None = Field(None, min_length=1, max_length=100, description="1 to 100 characters")
    """The camera's name for people. Unset: made from the key."""
    enabled: bool = Field(True, description="true or false")
    """`false` leaves the camera alone."""
    rtsp_url: Annotated[SecretUrl, AfterValidator(_usable_url)] | None = Field(
        None, description="an rtsp://, rtsps:// or http:// address with a host, or the path of a video file that exists"
    )
    """The camera's address. Unset: the built-in demo scene."""
    rtsp_username: str | None = Field(None, description="text")
    """The user name that the camera asks for. Any characters, nothing to escape."""
    rtsp_password: SecretStr | None = Field(None, description="text")
    """The password that the camera asks for. Any characters, nothing to escape."""
    rtsp_transport: Literal["tcp", "udp"] = Field("tcp", description="tcp or udp")
    """`udp` is for cameras that offer nothing else: packets that are lost on the way stay lost."""
    rtsp_ca_file: Annotated[Path, AfterValidator(_existing_file)] | None = Field(
        None, description="the path of a PEM file with the certificate to trust for rtsps://"
    )
    """For rtsps://: the certificate to trust, where no authority that the system knows has signed it."""
    rtsp_tls_verify: bool = Field(True, description="true or false")
    """For rtsps://: `false` takes any certificate."""
    decoder: Literal["auto", "direct", "ffmpeg", "opencv"] = Field(
        "auto", description="auto, direct or ffmpeg (opencv is another name of ffmpeg)"
    )
    """`auto` is our own reader, and FFmpeg's where ours does not understand the camera. Each other value is always that
    reader."""
    idle: Literal["watch", "disconnect"] = Field("watch", description="watch or disconnect")
    """`watch` stays connected while nobody watches, which costs next to nothing. `disconnect` lets go after 30 seconds,
    for cameras on batteries or paid data."""
    open_seconds: float = Field(15, ge=1, le=300, description="a number of seconds from 1 to 300")
    """How long the camera may take to answer, and then to send its first picture. A camera that sleeps, or a server
    that starts its source on demand, may need more."""
    stall_seconds: float = Field(5, ge=1, le=300, description="a number of seconds from 1 to 300")
    """After this long without a frame the camera has stalled, and is connected anew."""
    frozen_seconds: float = Field(
        0, ge=0, le=7 * 24 * 3600, description="a number of seconds up to 604800, or 0 to leave it off"
    )
    """After this long of the very same picture the camera has frozen. 0 is never, since a still scene may look the
    same."""
    skip_identical: bool = Field(True, description="true or false")
    """A picture that equals the one before is sent once a second only."""
    fps: float = Field(30, gt=0, le=120, description="a number above 0, at most 120")
    """The most frames a second that are published."""
    jpeg_quality: int = Field(80, ge=1, le=100, description="a whole number from 1 to 100")
    """The quality of the live pictures. At 60 they need two thirds of the bits of 80."""
    widths: Annotated[str, BeforeValidator(_joined), AfterValidator(_usable_widths)] = Field(
        "320,640,1280", description="up to 16 widths in pixels from 16 to 7680 with commas between, such as 320,640"
    )
    """The widths in pixels that viewers may ask for by `?width=`. Encoded only while somebody watches."""
    capture_interval: int = Field(
        3600,
        ge=1,
        le=MAX_CAPTURE_INTERVAL_SECONDS,
        description=f"a whole number of seconds from 1 to {MAX_CAPTURE_INTERVAL_SECONDS}",
    )
    """Seconds between archived frames."""
    capture_quality: int = Field(95, ge=1, le=100, description="a whole number from 1 to 100")
    """The JPEG quality of archived frames, before they become WebP."""

    @property
    def source_kind(self) -> SourceKind:
        return "demo" if self.rtsp_url is None else _source_kind(self.rtsp_url.get_secret_value())

    @property
    def display_name(self) -> str:
        """The given name, or one made from the key: `front_door` becomes `Front door`."""
        return self.name or self.device_key.replace("_", " ").replace("-", " ").strip().capitalize()

    @property
    def offered_widths(self) -> tuple[int, ...]:
        """The widths in pixels at which frames can be requested, ascending."""
        return tuple(sorted({int(width) for width in self.widths.split(",")}))

    def revealed(self) -> dict[str, Any]:
        """All settings with the secrets in clear, for the camera's own process only."""
        secrets = {
            name: value.get_secret_value()
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), SecretStr)
        }
        return self.model_dump(mode="json") | secrets


class CameraEnvironment(CameraSettings, Settings):
    """The one camera that the environment describes."""

    model_config = SettingsConfigDict(env_prefix="CAMERA_")


class IngestSettings(BusServerSettings):
    """Where the bus is bound, and which file lists the cameras, if any does."""

    cameras_file: Annotated[Path, AfterValidator(_existing_file)] | None = Field(
        None, description="the path of a TOML file with a [[camera]] table for each camera"
    )
    """More than one camera: a file with a table for each (docs/cameras.md). The CAMERA_ settings are then ignored. The
    file is read again when it changes, or on SIGHUP."""
