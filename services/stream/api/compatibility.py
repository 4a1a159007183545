"""Other servers' addresses (COMPATIBILITY_URLS), for clients that were set up for those servers.

An address is translated before anything else sees it, so the same rules hold for it as for our own.
"""

import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from starlette.types import ASGIApp, Receive, Scope, Send

from services.stream.fanout.hub import Hub

STREAM: Final = "/api/camera/stream"
SNAPSHOT: Final = "/api/camera/snapshot"
_SAME_QUERY: Final = {
    "/stream": STREAM,  # µStreamer
    "/snapshot": SNAPSHOT,
    "/cam.mjpg": STREAM,  # many small cameras
    "/cam.jpg": SNAPSHOT,
    "/api/stream.mjpeg": STREAM,  # go2rtc, whose `src` is our `camera`
    "/api/frame.jpeg": SNAPSHOT,
}
_ACTIONS: Final = {"stream": STREAM, "snapshot": SNAPSHOT}  # mjpg-streamer: /?action=
_FRIGATE: Final = re.compile(r"/api/([a-z0-9][a-z0-9_-]{0,62})/latest\.jpg")


class Compatibility:
    """Plain ASGI around `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, query = translated(scope["path"], scope["query_string"])
            scope["path"], scope["raw_path"], scope["query_string"] = path, path.encode(), query
        await self._app(scope, receive, send)


def translated(path: str, query: bytes) -> tuple[str, bytes]:
    """Our own address for another server's; any other address unchanged."""
    if path == "/":
        action = dict(_pairs(query)).get("action", "")
        return _ACTIONS.get(action, path), query
    if (frigate := _FRIGATE.fullmatch(path)) is not None:
        return SNAPSHOT, _query([("camera", frigate[1]), *_pairs(query)])
    if path in _SAME_QUERY:
        return _SAME_QUERY[path], _query(
            [("camera" if name == "src" else name, value) for name, value in _pairs(query)]
        )
    return path, query


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
