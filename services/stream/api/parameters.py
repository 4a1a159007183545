"""What requests for a camera have in common: its key, in the query or in the path, and how it is looked up."""

from typing import Annotated, Any, Final

from fastapi import HTTPException, Path, Query

from services.stream.base.errors import UnknownCameraError
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from shared.bus.topics import CameraKey
from shared.web.error_answer import error_answers

RETRY_AFTER_A_SECOND: Final = {"Retry-After": "1"}
QueryKey = Annotated[CameraKey | None, Query(description="The camera's key; without it the default camera.")]
PathKey = Annotated[CameraKey, Path(description="The camera's key.")]
CAMERA_REFUSALS: Final[dict[int | str, dict[str, Any]]] = error_answers(
    {404: "No such camera", 503: "The camera can't be shown now, or is not known yet; the detail says why"}
)
"""What `find_camera` may raise, for FastAPI's `responses`."""
PICTURED_REFUSAL: Final[dict[int | str, dict[str, Any]]] = {
    code: answer | {"content": {"image/jpeg": {}}}
    for code, answer in error_answers({401: "A picture that says so, or JSON for a client that prefers it"}).items()
}
"""The guard's answer to a request without a password, at an address of pictures."""


def find_camera(hub: Hub, key: str) -> KnownCamera:
    """The camera; 404 if there is none of this key, 503 while its status may still arrive."""
    try:
        return hub.cameras.find(key, hub.loop_seconds)
    except UnknownCameraError as error:
        if error.is_final:
            raise HTTPException(404, str(error)) from None
        raise HTTPException(503, str(error), RETRY_AFTER_A_SECOND) from None
