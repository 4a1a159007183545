"""What each request on the cameras must have in its `arguments`. The file's reader judges what a setting must be."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from services.ingest.access.arguments import Arguments
from shared.bus.topics import CameraKey
from shared.cameras_file import MAX_CAMERAS

Version = Annotated[str, Field(pattern=r"^(none|[0-9a-f]{16})$")]
SettingName = Annotated[str, Field(min_length=1, max_length=64)]
SomeSettings = Annotated[dict[SettingName, JsonValue], Field(max_length=64, repr=False)]


class ListedAfter(Arguments):
    """The cameras from this place on, from 0."""

    after: int = Field(0, ge=0, le=MAX_CAMERAS)


class NewCamera(Arguments):
    version: Version
    settings: SomeSettings


class ChangedCamera(Arguments):
    key: CameraKey
    version: Version
    settings: SomeSettings


class CameraOrder(Arguments):
    version: Version
    keys: Annotated[tuple[CameraKey, ...], Field(max_length=MAX_CAMERAS)]


class RemovedCamera(Arguments):
    key: CameraKey
    version: Version
    archive: Literal["keep", "delete"] = "keep"


class TriedCamera(Arguments):
    """`key`: what is not among the settings is as it is kept for this camera, secrets too."""

    key: CameraKey | None = None
    settings: SomeSettings = Field(default_factory=dict)


class WantedCameras(Arguments):
    """Where to look for cameras; everywhere on ingest's own network where `host` is null. A login is for one host."""

    host: str | None = Field(None, max_length=253)
    username: str | None = Field(None, max_length=256, repr=False)
    password: str | None = Field(None, max_length=1024, repr=False)
