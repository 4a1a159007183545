"""The response of a stream: one endless multipart body. Owns a viewer from its first byte to its last."""

import asyncio

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from services.stream.audience import Wish
from services.stream.direct import transport_of
from services.stream.hub import Hub
from services.stream.mjpeg import STREAM_HEADERS, prelude, response_head
from services.stream.picture import Framing
from services.stream.viewer import DirectViewer, WaitingViewer


class MjpegResponse(Response):
    """Streams what `wish` asks for until the viewer leaves or the hub closes. At most `fps` pictures a second."""

    media_type = "multipart/x-mixed-replace"

    def __init__(self, hub: Hub, wish: Wish, framing: Framing, fps: float | None) -> None:
        super().__init__()
        self._hub = hub
        self._wish = wish
        self._framing = framing
        self._fps = fps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = transport_of(scope)
        if scope["method"] == "HEAD":
            await self._send_head(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif transport is not None:
            await self._watch_directly(transport, receive)
        elif scope["http_version"] == "1.0":
            # ASGI can only send an endless body in chunks, which HTTP/1.0 does not know.
            refusal = PlainTextResponse("This server streams to HTTP/1.1 clients only.\n", 505)
            await refusal(scope, receive, send)
        else:
            await self._watch_by_asgi(receive, send)

    async def _watch_directly(self, transport: asyncio.Transport, receive: Receive) -> None:
        """From here to the end this task sleeps: the fan-out pass writes to the transport."""
        viewer = DirectViewer(transport, self._framing, self._fps)
        viewer.start(response_head() + prelude(self._framing))
        self._hub.attach(viewer, self._wish)
        try:
            await _disconnected(receive)
        finally:
            self._hub.detach(viewer)

    async def _watch_by_asgi(self, receive: Receive, send: Send) -> None:
        changed = asyncio.Event()
        viewer = WaitingViewer(self._framing, changed, self._fps)
        await self._send_head(send)
        await send({"type": "http.response.body", "body": prelude(self._framing), "more_body": True})
        self._hub.attach(viewer, self._wish)
        leaving = asyncio.create_task(_disconnected(receive))
        leaving.add_done_callback(lambda _: viewer.close())
        try:
            while not viewer.closed:
                await changed.wait()
                changed.clear()
                if (part := viewer.take_part()) is not None:
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
