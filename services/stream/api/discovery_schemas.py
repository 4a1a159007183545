"""What a search for cameras is asked with, and what it answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.stream.api.access_schemas import Answered, Decision


class Wanted(Decision):
    """`host`: a name, an IP address, or a range such as 192.168.1.0/24 or 192.168.1.10-40; null asks everybody on
    ingest's own network. A login is only for one host.
    """

    model_config = ConfigDict(extra="forbid")

    host: str | None = Field(None, max_length=253)
    username: str | None = Field(None, max_length=256, repr=False)
    password: str | None = Field(None, max_length=1024, repr=False)


class FoundStream(BaseModel):
    """A stream that a camera has. `source` counts its lenses or channels from 1."""

    role: Literal["main", "sub", "other"]
    source: int
    rtsp_url: str | None = Field(description="without login; null where `notice` says why it can't be used")
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    notice: str | None


class FoundTemplate(BaseModel):
    """An address as cameras of this maker have it, to be tried. A part in angle brackets is to be filled in."""

    maker: str
    main_url: str
    sub_url: str | None
    answers: bool | None = Field(description="true: the device has a stream there; null: not known")


class FoundDevice(BaseModel):
    """What a device tells of itself. None of it is known to be true."""

    id: str
    host: str
    kind: Literal["onvif", "rtsp"]
    name: str | None
    maker: str | None
    model: str | None
    needs_password: bool | None
    password_works: bool | None
    streams: list[FoundStream]
    snapshot_url: str | None
    clock_off_seconds: int | None = Field(description="the camera's clock minus ours, where that is above 5 s")
    templates: list[FoundTemplate] = Field(description="where the device named no stream, and one host was asked")
    notices: list[str]


class Found(Answered):
    devices: list[FoundDevice]
    asked: str = Field(description="`multicast`, or the host or range")
    notices: list[str]
    is_complete: bool = Field(description="false: the time was over before all had been asked")
    seconds: float
