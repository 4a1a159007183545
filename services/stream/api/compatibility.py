"""Other servers' addresses (COMPATIBILITY_URLS), for clients that were set up for those servers.

An address is translated before anything else sees it, so the same rules hold for it as for our own.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from services.stream.api.go2rtc_socket import IN_SCOPE
from services.stream.fanout.hub import Hub

STREAM: Final = "/api/camera/stream"
SNAPSHOT: Final = "/api/camera/snapshot"
SOCKET: Final = "/api/camera/ws"
_GO2RTC_SOCKET: Final = "/api/ws"
_SAME_QUERY: Final = {
    "/stream": STREAM,  # µStreamer
    "/snapshot": SNAPSHOT,
    "/cam.mjpg": STREAM,  # many small cameras
    "/cam.jpg": SNAPSHOT,
    "/api/stream.mjpeg": STREAM,  # go2rtc
    "/api/frame.jpeg": SNAPSHOT,
}
_ACTIONS: Final = {"stream": STREAM, "snapshot": SNAPSHOT}  # mjpg-streamer: /?action=
_ACTION: Final = re.compile(r"(stream|snapshot)(?:_(\d{1,3}))?(?![a-z0-9_]).*", re.DOTALL)
"""With the number of an input. Clients add the time, or a parameter that looks like a file, by another `?`."""
_FRIGATE: Final = re.compile(r"/api/([a-z0-9][a-z0-9_-]{0,62})/latest\.jpg")


class Compatibility:
    """Plain ASGI around `app`. `camera_keys` gives the cameras' keys in their order, for addresses with a number."""

    def __init__(self, app: ASGIApp, camera_keys: Callable[[], Sequence[str]] = tuple) -> None:
        self._app = app
        self._camera_keys = camera_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"].rstrip("/") == _GO2RTC_SOCKET:
            scope["path"], scope["raw_path"] = SOCKET, SOCKET.encode()
            scope["query_string"] = _with_our_camera(scope["query_string"])
            scope[IN_SCOPE] = True
        if scope["type"] == "http":
            path, query = translated(scope["path"], scope["query_string"], self._camera_keys)
            scope["path"], scope["raw_path"], scope["query_string"] = path, path.encode(), query
        await self._app(scope, receive, send)


def translated(path: str, query: bytes, camera_keys: Callable[[], Sequence[str]] = tuple) -> tuple[str, bytes]:
    """Our own address for another server's; any other address unchanged."""
    if path == "/":
        action = _ACTION.fullmatch(dict(_pairs(query)).get("action", ""))
        return (path, query) if action is None else (_ACTIONS[action[1]], _of_input(action[2], query, camera_keys()))
    if path.rstrip("/") in _SAME_QUERY:
        path = path.rstrip("/")
    if (frigate := _FRIGATE.fullmatch(path)) is not None:
        return SNAPSHOT, _query([("camera", frigate[1]), *_pairs(query)])
    if path in _SAME_QUERY:
        return _SAME_QUERY[path], _with_our_camera(query)
    return path, query


def _with_our_camera(query: bytes) -> bytes:
    """go2rtc's `src` is our `camera`."""
    return _query([("camera" if name == "src" else name, value) for name, value in _pairs(query)])


def _of_input(number: str | None, query: bytes, camera_keys: Sequence[str]) -> bytes:
    """The query with the camera of an input's number. The first is the default camera; one too many is no camera."""
    if number is None or int(number) == 0:
        return query
    key = camera_keys[int(number)] if int(number) < len(camera_keys) else f"input_{number}"
    return _query([*_pairs(query), ("camera", key)])


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def _query(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs).encode()


def state_router(hub: Hub) -> APIRouter:
    """µStreamer's `/state`, of the default camera."""
    router = APIRouter(include_in_schema=False)

    @router.get("/state")
    async def state() -> dict[str, Any]:
        key = hub.cameras.default_key()
        camera = None if key is None else hub.cameras.find(key, hub.loop_seconds)
        status = None if camera is None else camera.status
        online = camera is not None and camera.is_streaming(hub.loop_seconds)
        size = {"width": (status and status.width) or 0, "height": (status and status.height) or 0}
        fps = round((status and status.fps) or 0)
        source = {"resolution": size, "online": online, "desired_fps": fps, "captured_fps": fps}
        clients = {"queued_fps": fps, "clients": status.viewer_count if status else 0, "clients_stat": {}}
        return {"ok": True, "result": {"instance_id": hub.replica, "source": source, "stream": clients}}

    return router
