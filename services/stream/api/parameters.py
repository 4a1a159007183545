"""What requests for a camera have in common: its key, in the query or in the path, and how it is looked up."""

from typing import Annotated, Final

from fastapi import HTTPException, Path, Query

from services.stream.base.errors import UnknownCameraError
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from shared.bus.topics import CameraKey

RETRY_AFTER_A_SECOND: Final = {"Retry-After": "1"}
QueryKey = Annotated[CameraKey | None, Query(description="The camera's key; without it the default camera.")]
PathKey = Annotated[CameraKey, Path(description="The camera's key.")]


def find_camera(hub: Hub, key: str) -> KnownCamera:
    """The camera; 404 if there is none of this key, 503 while its status may still arrive."""
    try:
        return hub.cameras.find(key, hub.loop_seconds)
    except UnknownCameraError as error:
        if error.is_final:
            raise HTTPException(404, str(error)) from None
        raise HTTPException(503, str(error), RETRY_AFTER_A_SECOND) from None
