"""The response of a stream: one endless multipart body. Owns a viewer from its first byte to its last."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from services.stream.api.connection_handover import connection_of
from services.stream.api.mjpeg import STREAM_HEADERS, prelude, response_head
from services.stream.api.per_address_limit import Crowd
from services.stream.fanout.hub import Hub
from services.stream.fanout.picture import Framing
from services.stream.fanout.proxied_rate import HiddenLink
from services.stream.fanout.viewer import DirectViewer, Viewer, WaitingViewer
from services.stream.fanout.viewer_registry import ViewRequest
from shared.web.access.headers import added_headers
from shared.web.access.roles import requester_of


class MjpegResponse(Response):
    """Streams what `wish` asks for until the viewer leaves, his link runs out or the hub closes.

    At most `fps` pictures a second.
    """

    media_type = "multipart/x-mixed-replace"

    def __init__(self, hub: Hub, crowd: Crowd, wish: ViewRequest, framing: Framing, fps: float | None) -> None:
        super().__init__()
        self._hub = hub
        self._crowd = crowd
        self._wish = wish
        self._framing = framing
        self._fps = fps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        if scope["method"] == "HEAD":
            await self._send_head(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif connection is not None:
            await self._watch_directly(connection.hand_over(), scope, receive)
        elif scope["http_version"] == "1.0":
            # ASGI can only send an endless body in chunks, which HTTP/1.0 does not know.
            refusal = PlainTextResponse("This server streams to HTTP/1.1 clients only.\n", 505)
            await refusal(scope, receive, send)
        else:
            await self._watch_by_asgi(scope, receive, send)

    async def _watch_directly(self, transport: asyncio.Transport, scope: Scope, receive: Receive) -> None:
        """From here to the end this task sleeps: the fan-out pass writes to the transport."""
        viewer = DirectViewer(transport, self._framing, self._fps)
        if self._wish.adaptive and _came_by_a_proxy(scope):
            viewer.pacer = HiddenLink(viewer, viewer.pacer)
        viewer.start(response_head(added_headers(scope)) + prelude(self._framing))
        with self._seated(viewer, scope):
            await _disconnected(receive)

    async def _watch_by_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        changed = asyncio.Event()
        viewer = WaitingViewer(self._framing, changed, self._fps)
        await self._send_head(send)
        await send({"type": "http.response.body", "body": prelude(self._framing), "more_body": True})
        leaving = asyncio.create_task(_disconnected(receive))
        leaving.add_done_callback(lambda _: viewer.close())
        try:
            with self._seated(viewer, scope):
                while not viewer.closed:
                    await changed.wait()
                    changed.clear()
                    if (part := viewer.take_part()) is not None:
                        await send({"type": "http.response.body", "body": part, "more_body": True})
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()

    @contextmanager
    def _seated(self, viewer: Viewer, scope: Scope) -> Iterator[None]:
        guest = requester_of(scope)
        # A share link that runs out ends what it opened.
        end = None if guest.ends_at is None else self._close_later(viewer, guest.ends_at)
        self._crowd.enter(guest.address)
        self._hub.attach(viewer, self._wish)
        try:
            yield
        finally:
            self._hub.detach(viewer)
            self._crowd.leave(guest.address)
            if end is not None:
                end.cancel()

    def _close_later(self, viewer: Viewer, at: int) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(at - time.time(), viewer.close)

    async def _send_head(self, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in STREAM_HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def _came_by_a_proxy(scope: Scope) -> bool:
    return any(name in (b"x-forwarded-for", b"forwarded", b"via") for name, _ in scope["headers"])


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # whatever a viewer sends after its request is not ours to read
