"""The settings of ingest. It alone reads the camera's: the others learn from the status what they need."""

from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from shared.settings import DEFAULT_BUS_ADDRESS, BusAddresses, SecretUrl, Settings, mask_url, url_has_host
from shared.status import MAX_CAPTURE_INTERVAL_SECONDS
from shared.topics import KEY_PATTERN

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


def _usable_widths(value: str) -> str:
    widths = value.split(",")
    if len(widths) > MAX_WIDTHS or not all(
        width.strip().isdecimal() and MIN_WIDTH_PIXELS <= int(width) <= MAX_WIDTH_PIXELS for width in widths
    ):
        raise ValueError(value)
    return value


class IngestSettings(Settings):
    """One camera, and where the bus is bound."""

    camera_enabled: bool = Field(True, description="true or false")
    camera_rtsp_url: Annotated[SecretUrl, AfterValidator(_usable_url)] | None = Field(
        None, description="an rtsp://, rtsps:// or http:// address with a host, or the path of a video file that exists"
    )
    camera_rtsp_username: str | None = Field(None, description="text")
    camera_rtsp_password: SecretStr | None = Field(None, description="text")
    camera_device_key: Annotated[str, StringConstraints(pattern=KEY_PATTERN)] = Field(
        "camera_1", description="1 to 63 of the characters a-z, 0-9, _ and -, beginning with a letter or digit"
    )
    camera_fps: float = Field(30, gt=0, le=120, description="a number above 0, at most 120")
    camera_jpeg_quality: int = Field(80, ge=1, le=100, description="a whole number from 1 to 100")
    camera_widths: Annotated[str, AfterValidator(_usable_widths)] = Field(
        "320,640,1280", description="up to 16 widths in pixels from 16 to 7680 with commas between, such as 320,640"
    )
    camera_capture_interval: int = Field(
        3600,
        ge=1,
        le=MAX_CAPTURE_INTERVAL_SECONDS,
        description=f"a whole number of seconds from 1 to {MAX_CAPTURE_INTERVAL_SECONDS}",
    )
    bus_bind: BusAddresses = Field(DEFAULT_BUS_ADDRESS, description="an address such as tcp://127.0.0.1:5555")

    @property
    def source_kind(self) -> SourceKind:
        return "demo" if self.camera_rtsp_url is None else _source_kind(self.camera_rtsp_url.get_secret_value())

    @property
    def camera_name(self) -> str:
        """The key as a person would write it."""
        return self.camera_device_key.replace("_", " ").replace("-", " ").strip().capitalize()

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths that may be asked for, ascending."""
        return tuple(sorted({int(width) for width in self.camera_widths.split(",")}))

    def source_url(self) -> str:
        """The address with the credentials in it, quoted. Secret: pass it to the decoder and nowhere else."""
        url = "" if self.camera_rtsp_url is None else self.camera_rtsp_url.get_secret_value()
        if self.source_kind not in ("rtsp", "http") or not self.camera_rtsp_username:
            return url
        password = "" if self.camera_rtsp_password is None else self.camera_rtsp_password.get_secret_value()
        scheme, _, rest = url.partition("://")
        return f"{scheme}://{quote(self.camera_rtsp_username, safe='')}:{quote(password, safe='')}@{rest}"

    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, the longest first."""
        url = self.source_url()
        authority, at, _ = url.partition("://")[2].rpartition("@")
        typed = "" if self.camera_rtsp_password is None else self.camera_rtsp_password.get_secret_value()
        found = {typed, *(authority.split(":", 1)[1:] if at else ())} - {""}
        return tuple(sorted(found, key=len, reverse=True))
