"""The settings of ingest. Only ingest reads the cameras' settings; the status tells the other services what they need.

One camera comes from the environment, as `CAMERA_…`; several come from a file with the same names (`cameras_file.py`).
"""

from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from services.ingest.appearance.options import Flip, MaskStyle, Place, Rotation
from services.ingest.appearance.overlay_text import OVERLAY_FORM, check_template
from services.ingest.appearance.regions import CROP_FORM, MASKS_FORM
from services.ingest.camera_address.address import CameraAddress
from services.ingest.camera_address.errors import NO_FILE, CameraAddressError
from services.ingest.camera_address.understand import understand
from services.ingest.setting_forms import (
    degrees,
    existing_file,
    joined,
    masks_text,
    usable_aspect,
    usable_crop,
    usable_masks,
    usable_widths,
    usable_zone,
)
from shared.bus.settings import BusServerSettings
from shared.bus.status import MAX_CAPTURE_INTERVAL_SECONDS
from shared.bus.topics import KEY_PATTERN
from shared.settings import SecretUrl, Settings

SourceKind = Literal["demo", "rtsp", "http", "file"]
NETWORK_ADDRESS: Final = "an rtsp://, rtsps:// or http:// address with a host"
_ADDRESS: Final = f"{NETWORK_ADDRESS}, or the path of a video file that exists"


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _meaning(text: str) -> CameraAddress:
    """
    Raises:
        CameraAddressError: when `text` is neither an address that can be understood nor the path of a file that exists.
    """
    if _is_file(text):
        return CameraAddress("file", text)
    address = understand(text)
    if address.kind == "file" and not _is_file(address.url):
        raise CameraAddressError(NO_FILE)
    return address


def _usable_url(value: SecretUrl) -> SecretUrl:
    _meaning(value.get_secret_value())
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
    rtsp_url: Annotated[SecretUrl, AfterValidator(_usable_url)] | None = Field(None, description=_ADDRESS)
    """The camera's address. Unset: the built-in demo scene."""
    rtsp_url_small: Annotated[SecretUrl, AfterValidator(_usable_url)] | None = Field(None, description=_ADDRESS)
    """The address of the camera's small second stream (its sub-stream), if it has one. The widths that it is wide
    enough for are made of it, and all else of the main stream. The login is the same unless this address has its own.
    """
    rtsp_username: str | None = Field(None, description="text")
    """The user name that the camera asks for."""
    rtsp_password: SecretStr | None = Field(None, description="text")
    """The password that the camera asks for. It is used as it is; how `.env` holds odd characters is said above."""
    rtsp_transport: Literal["tcp", "udp"] = Field("tcp", description="tcp or udp")
    """`udp` is for cameras that do better by it: packets that are lost on the way stay lost. The other one
    is tried where the camera refuses this one or sends nothing by it."""
    rtsp_ca_file: Annotated[Path, AfterValidator(existing_file)] | None = Field(
        None, description="the path of a PEM file with the certificate to trust for rtsps:// and https://"
    )
    """For rtsps:// and https://: the certificate to trust, where no authority that the system knows has signed it."""
    rtsp_tls_verify: bool = Field(True, description="true or false")
    """For rtsps:// and https://: `false` takes any certificate."""
    decoder: Literal["auto", "direct", "ffmpeg", "opencv"] = Field(
        "auto", description="auto, direct or ffmpeg (opencv is another name of ffmpeg)"
    )
    """`auto` is our own reader, and FFmpeg's where ours does not understand the camera. Each other value is always that
    reader. For RTSP alone: HTTP cameras have a reader of their own."""
    idle: Literal["watch", "disconnect"] = Field("watch", description="watch or disconnect")
    """`watch` stays connected while nobody watches, which costs next to nothing. `disconnect` lets go after 30 seconds,
    for cameras on batteries or paid data."""
    open_seconds: float = Field(15, ge=1, le=300, description="a number of seconds from 1 to 300")
    """How long the camera may take to answer, and then to send its first picture. A camera that sleeps, or a server
    that starts its source on demand, may need more."""
    stall_seconds: float = Field(5, ge=1, le=300, description="a number of seconds from 1 to 300")
    """After this long without a picture the camera has stalled, and is connected anew."""
    frozen_seconds: float = Field(
        0, ge=0, le=7 * 24 * 3600, description="a number of seconds up to 604800, or 0 to leave it off"
    )
    """After this long of the very same picture the camera has frozen. 0 is never, since a still scene may look the
    same."""
    skip_identical: bool = Field(True, description="true or false")
    """A picture that equals the one before is sent once a second only."""
    fps: float = Field(30, gt=0, le=120, description="a number above 0, at most 120")
    """The most pictures a second that are published. A camera whose address is a single JPEG is asked no more often."""
    jpeg_quality: int = Field(80, ge=1, le=100, description="a whole number from 1 to 100")
    """The quality of the live pictures. At 60 they need two thirds of the bits of 80."""
    widths: Annotated[str, BeforeValidator(joined), AfterValidator(usable_widths)] = Field(
        "320,640,1280", description="up to 16 widths in pixels from 16 to 7680 with commas between, such as 320,640"
    )
    """The widths in pixels that viewers may ask for by `?width=`. Encoded only while somebody watches."""
    rotate: Annotated[Rotation, BeforeValidator(degrees)] = Field(0, description="0, 90, 180 or 270")
    """Turns the picture clockwise, by this many degrees."""
    flip: Flip = Field("none", description="none, horizontal or vertical")
    """Mirrors the picture: `horizontal` swaps left and right, `vertical` top and bottom."""
    crop: Annotated[str, BeforeValidator(joined), AfterValidator(usable_crop)] | None = Field(
        None, description=CROP_FORM
    )
    """The part of the camera's picture to keep."""
    privacy_masks: Annotated[str, BeforeValidator(masks_text), AfterValidator(usable_masks)] | None = Field(
        None, description=MASKS_FORM
    )
    """Areas of the camera's picture that nobody shall see. They are hidden before a picture leaves the camera's
    process, so no viewer, archived picture or time-lapse has them."""
    privacy_mask_style: MaskStyle = Field("fill", description="fill or pixelate")
    """`fill` is black and hides everything; `pixelate` leaves large blocks of the colours that were there."""
    overlay: Annotated[str, AfterValidator(check_template)] | None = Field(None, description=OVERLAY_FORM)
    """A line of text over the picture, such as `{name} {time}`."""
    overlay_place: Place = Field(
        "top-left", description="top-left, top, top-right, bottom-left, bottom or bottom-right"
    )
    """Where the text stands."""
    overlay_size: float = Field(4, ge=1, le=25, description="a number from 1 to 25")
    """The height of the text, in percent of the picture's height."""
    time_zone: Annotated[str, AfterValidator(usable_zone)] | None = Field(
        None, description="the name of a time zone, such as Europe/Berlin"
    )
    """The time zone of the time in the text. Unset: the computer's own."""
    aspect: Annotated[str, AfterValidator(usable_aspect)] = Field(
        "auto", description="auto, square, or a shape from 1:10 to 10:1 such as 16:9"
    )
    """The pictures' shape, width to height. `auto` is as the camera says, `square` its pixels as they come. A shape
    such as `16:9` is for a camera that says nothing of it or something wrong."""
    capture_interval: int = Field(
        3600,
        ge=1,
        le=MAX_CAPTURE_INTERVAL_SECONDS,
        description=f"a whole number of seconds from 1 to {MAX_CAPTURE_INTERVAL_SECONDS}",
    )
    """Seconds between archived pictures."""
    capture_quality: int = Field(95, ge=1, le=100, description="a whole number from 1 to 100")
    """The JPEG quality of archived pictures, before they become WebP."""

    @cached_property
    def address(self) -> CameraAddress | None:
        """The camera's address as it was understood, with the login; None for the demo."""
        if self.rtsp_url is None:
            return None
        address = _meaning(self.rtsp_url.get_secret_value())
        if address.kind == "file":
            return address
        password = self.rtsp_password
        return address.with_login(self.rtsp_username, None if password is None else password.get_secret_value())

    @cached_property
    def small_stream(self) -> "CameraSettings | None":
        """The same camera with the small stream for its only one; None where it has none."""
        if self.rtsp_url_small is None or self.address is None:
            return None
        own = _meaning(self.rtsp_url_small.get_secret_value())
        login = own if own.username or own.password else self.address
        return CameraSettings.model_validate(
            self.revealed()
            | {"rtsp_url": self.rtsp_url_small, "rtsp_url_small": None}
            | {"rtsp_username": login.username or None, "rtsp_password": login.password or None}
        )

    @model_validator(mode="after")
    def _has_a_main_stream(self) -> Self:
        if self.rtsp_url_small is not None and self.rtsp_url is None:
            raise ValueError("CAMERA_RTSP_URL_SMALL is set, so CAMERA_RTSP_URL must be set, too: the large stream's.")
        return self

    @property
    def understood(self) -> tuple[str, ...]:
        """How the addresses were understood, in words for the user."""
        small = (
            () if self.small_stream is None or self.small_stream.address is None else self.small_stream.address.notices
        )
        return (*(() if self.address is None else self.address.notices), *small)

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone of the text; None is the computer's own."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)

    @property
    def source_kind(self) -> SourceKind:
        return "demo" if self.address is None else self.address.kind

    @property
    def display_name(self) -> str:
        """The given name, or one made from the key: `front_door` becomes `Front door`."""
        return self.name or self.device_key.replace("_", " ").replace("-", " ").strip().capitalize()

    @property
    def offered_widths(self) -> tuple[int, ...]:
        """The widths in pixels at which frames can be requested, ascending."""
        return tuple(sorted({int(width) for width in self.widths.split(",")}))

    @property
    def picture_aspect(self) -> Fraction | Literal["auto", "square"]:
        """The pictures' shape, width to height, where it is given."""
        if self.aspect == "auto":
            return "auto"
        if self.aspect == "square":
            return "square"
        width, _, height = self.aspect.partition(":")
        return Fraction(int(width), int(height))

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

    cameras_file: Annotated[Path, AfterValidator(existing_file)] | None = Field(
        None, description="the path of a TOML file with a [[camera]] table for each camera"
    )
    """More than one camera: a file with a table for each (docs/cameras.md). The CAMERA_ settings are then ignored. The
    file is read again when it changes, or on SIGHUP."""

    @property
    def page_file(self) -> Path:
        """The file of the cameras that the owner adds at the page. Used only with BUS_CONTROL."""
        return self.owner_dir / "cameras.toml"
