"""The response of a stream: one endless multipart body. Owns a viewer from its first byte to its last."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.stream.direct import transport_of
from services.stream.hub import Hub
from services.stream.mjpeg import STREAM_HEADERS, framing_for, prelude, response_head
from services.stream.viewer import AsgiViewer, DirectViewer


class MjpegResponse(Response):
    """Streams a camera until the viewer leaves or the hub closes. `camera_key` None is the default camera."""

    media_type = "multipart/x-mixed-replace"

    def __init__(self, hub: Hub, request: Request, camera_key: str | None) -> None:
        super().__init__()
        self._hub = hub
        self._camera_key = camera_key
        self._framing = framing_for(request.headers.get("accept"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = transport_of(scope)
        if scope["method"] == "HEAD":
            await self._send_head(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif transport is not None:
            await self._watch_directly(transport, receive)
        else:
            await self._watch_by_asgi(receive, send)

    async def _watch_directly(self, transport: asyncio.Transport, receive: Receive) -> None:
        """From here to the end this task sleeps: the fan-out pass writes to the transport."""
        viewer = DirectViewer(transport, self._framing)
        viewer.start(response_head() + prelude(self._framing))
        self._hub.attach(viewer, self._camera_key)
        try:
            await _disconnected(receive)
        finally:
            self._hub.detach(viewer)

    async def _watch_by_asgi(self, receive: Receive, send: Send) -> None:
        viewer = AsgiViewer(self._framing)
        await self._send_head(send)
        await send({"type": "http.response.body", "body": prelude(self._framing), "more_body": True})
        self._hub.attach(viewer, self._camera_key)
        leaving = asyncio.create_task(_disconnected(receive))
        leaving.add_done_callback(lambda _: viewer.close())
        try:
            while (part := await viewer.next_part()) is not None:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            self._hub.detach(viewer)

    async def _send_head(self, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in STREAM_HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # whatever a viewer sends after its request is not ours to read
