"""`/api/settings/cameras`: the cameras as the operator sets them. Ingest owns them, judges each change and keeps it.

No answer has a password. Every write names the version that it was made of, so that nobody overwrites a change
unseen.
"""

import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, HTTPException, Request, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue

from services.stream.api.access_schemas import Answered, Decision
from services.stream.api.asking_ingest import IngestAsker
from services.stream.api.control_refusals import SettingsRefusal
from services.stream.api.discovery_schemas import Found, Wanted
from services.stream.api.parameters import PathKey
from services.stream.base import access_texts
from shared.bus.topics import CameraKey
from shared.cameras_file import MAX_CAMERAS
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import SETTINGS
from shared.web.access.owner_access import OwnerAccess

CAMERAS: Final = f"{SETTINGS}/cameras"
LONGEST_SECONDS: Final = 30.0
"""The longest that ingest may be asked for. Its own deadline comes earlier."""
Version = Annotated[str, Field(pattern=r"^(none|[0-9a-f]{16})$", description="the `version` that was seen last")]
SettingName = Annotated[str, Field(min_length=1, max_length=64)]
SomeSettings = Annotated[
    dict[SettingName, JsonValue], Field(max_length=64, description="by name; null is the default of a setting")
]
CODE: Final = "X-Framecast-Code"
CodeHeader = Annotated[
    str | None,
    Header(alias=CODE, min_length=1, max_length=64, description="the setup code, where nothing is claimed"),
]
_RECORDING: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The file, as `framecast record-camera` makes it",
        "headers": {
            "Content-Disposition": {"schema": {"type": "string"}, "description": "with the file's name"},
            CODE: {"schema": {"type": "string"}, "description": "what `code` is in the other answers, where it is"},
        },
    }
}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": SettingsRefusal, "description": words}
    for status, words in {
        403: "Only the operator may, or the code is wrong",
        404: "There is no such camera",
        409: "Somebody changed the cameras meanwhile (`changed`), or they can't be changed here, or a key is taken",
        422: "A setting can't be used: `field` names it",
        429: "Too many wrong codes came before",
        503: "Ingest does not answer, does too much at once, or its disk is full",
    }.items()
}


class CameraField(BaseModel):
    """A setting as such."""

    name: str
    kind: str = Field(description="text, number, whole, switch, choice, secret, address, key or path")
    default: JsonValue
    unit: str | None
    form: str = Field(description="completes the sentence: it must be …")
    minimum: float | None
    maximum: float | None
    choices: list[JsonValue] | None
    is_secret: bool = Field(description="whether it is written, and never read")
    can_change: bool = Field(description="false: it is set by hand, or stays as it was made")


class SetCamera(BaseModel):
    """A camera with the settings that it has of its own. All others have their defaults."""

    key: str
    settings: dict[str, JsonValue] = Field(description="an address is shown without login and query")
    has_password: bool
    understood: list[str] = Field(description="how its addresses are taken, where they are written otherwise")


class SetCameras(Answered):
    """`origin` says where every setting comes from that a camera has of its own."""

    origin: Literal["environment", "file", "page"]
    file: str | None
    can_change: bool
    why_not: str | None
    can_discover: bool = Field(False, description="whether ingest can look for cameras")
    version: str = Field(description="of the file; each write sends back the one that it was made of")
    is_demo: bool = Field(description="whether there is no camera but the demo scene")
    cameras: list[SetCamera]
    fields: list[CameraField]


class NewCamera(Decision):
    version: Version
    settings: SomeSettings


class CameraChange(Decision):
    version: Version
    settings: SomeSettings


class CameraOrder(Decision):
    version: Version
    keys: list[CameraKey] = Field(max_length=MAX_CAMERAS, description="all of them; the first is the default camera")


class CameraRemoval(Decision):
    version: Version
    archive: Literal["keep", "delete"] = Field("keep", description="what becomes of its pictures; `delete` is refused")


class Changed(Answered):
    key: str | None
    version: str


class CameraTest(Decision):
    """With `key`, what is not among the settings is as it is kept for that camera, its password too."""

    model_config = ConfigDict(extra="forbid")

    key: CameraKey | None = None
    settings: SomeSettings = Field(default_factory=dict)


class Tried(Answered):
    """What came of it. `width` and `height` are the camera's; `picture` is a JPEG in base64, which may be smaller."""

    works: bool
    reason: str | None = Field(description="why no picture came, in words")
    field: str | None = Field(description="the setting that is at fault, where the camera or the network says so")
    is_unclear: bool = Field(description="whether the reason is not known, so that a recording of the exchange helps")
    picture: str | None
    width: int | None
    height: int | None
    fps: float | None
    codec: str | None
    reader: str | None = Field(description="direct, ffmpeg or http")
    transport: str | None
    notice: str | None
    understood: list[str]
    address: str | None = Field(description="the address as it was understood, without its login")
    seconds: float


class Recorded(Answered):
    recording: Base64Bytes


def camera_settings_router(authenticator: Authenticator, owner: OwnerAccess) -> APIRouter:
    router = APIRouter(prefix=CAMERAS, tags=["camera settings"], responses=_REFUSALS)
    asker = IngestAsker(authenticator, owner)

    @router.get("", summary="The cameras and their settings, without passwords")
    async def cameras(request: Request, code: CodeHeader = None) -> SetCameras:
        told = await asker.ask(request, "cameras", {}, code)
        listed = list(told["cameras"])
        going_on = told["code"] or code
        following, version = told.get("next"), told["version"]
        while following is not None:
            more = await asker.ask(request, "cameras", {"after": following}, going_on)
            if more["version"] != version:
                raise HTTPException(503, access_texts.CAMERAS_CHANGING, {"Retry-After": "1"})
            listed, following = listed + more["cameras"], more.get("next")
        return SetCameras.model_validate({**told, "cameras": listed})

    _add_trials(router, asker)
    _add_changes(router, asker)
    return router


def _add_trials(router: APIRouter, asker: IngestAsker) -> None:
    @router.post("/test", summary="Try an address: its first picture, or why none comes")
    async def test(request: Request, wanted: CameraTest) -> Tried:
        arguments = {"key": wanted.key, "settings": wanted.settings}
        told = await asker.ask(request, "camera_test", arguments, wanted.code, deadline_seconds=LONGEST_SECONDS)
        return Tried.model_validate(told)

    @router.post(
        "/record",
        response_class=Response,
        responses=_RECORDING,
        summary="Try an address, and save what the camera said to a file for a report",
    )
    async def record(request: Request, wanted: CameraTest) -> Response:
        """Logins and addresses are masked in it. Up to five seconds of the camera's pictures are not, and show also
        what masks hide.
        """
        arguments = {"key": wanted.key, "settings": wanted.settings}
        told = await asker.ask(request, "camera_record", arguments, wanted.code, deadline_seconds=LONGEST_SECONDS)
        done = Recorded.model_validate(told)
        name = f"{wanted.key or 'camera'}-{time.strftime('%Y%m%d-%H%M%S')}.exchange.gz"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if done.code is not None:
            headers[CODE] = done.code
        return Response(done.recording, media_type="application/gzip", headers=headers)

    @router.post("/discover", summary="Look for cameras on the network")
    async def discover(request: Request, wanted: Wanted) -> Found:
        arguments = {"host": wanted.host, "username": wanted.username, "password": wanted.password}
        told = await asker.ask(request, "camera_discover", arguments, wanted.code, deadline_seconds=LONGEST_SECONDS)
        return Found.model_validate(told)


def _add_changes(router: APIRouter, asker: IngestAsker) -> None:
    @router.post("", status_code=201, summary="Add a camera")
    async def add(request: Request, wanted: NewCamera) -> Changed:
        arguments = {"version": wanted.version, "settings": wanted.settings}
        return Changed.model_validate(await asker.ask(request, "camera_add", arguments, wanted.code))

    @router.put("/order", summary="Put the cameras in another order")
    async def order(request: Request, wanted: CameraOrder) -> Changed:
        arguments = {"version": wanted.version, "keys": wanted.keys}
        return Changed.model_validate(await asker.ask(request, "camera_order", arguments, wanted.code))

    @router.patch("/{key}", summary="Change a camera's settings")
    async def change(request: Request, key: PathKey, wanted: CameraChange) -> Changed:
        arguments = {"key": key, "version": wanted.version, "settings": wanted.settings}
        return Changed.model_validate(await asker.ask(request, "camera_change", arguments, wanted.code))

    @router.post("/{key}/remove", summary="Take a camera out")
    async def remove(request: Request, key: PathKey, wanted: CameraRemoval) -> Changed:
        arguments = {"key": key, "version": wanted.version, "archive": wanted.archive}
        return Changed.model_validate(await asker.ask(request, "camera_remove", arguments, wanted.code))
