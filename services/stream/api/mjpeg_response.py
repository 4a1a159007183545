"""The response of a stream: one endless multipart body. Owns a viewer from its first byte to its last."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from services.stream.api.connection_handover import DirectHttpProtocol, connection_of
from services.stream.api.mjpeg import STREAM_HEADERS, prelude, response_head, with_length
from services.stream.api.per_address_limit import PerAddressLimit
from services.stream.base import texts
from services.stream.fanout.hub import Hub
from services.stream.fanout.picture import Framing
from services.stream.fanout.proxied_rate import ProxiedRate
from services.stream.fanout.viewer import DirectViewer, Viewer, WaitingViewer
from services.stream.fanout.viewer_registry import ViewRequest
from shared.web.access.headers import added_headers
from shared.web.access.roles import requester_of

SIZE_SECONDS: Final = 3.0
"""How long a program gets nothing while nobody knows the camera's size. Then it gets a placeholder of the usual size,
because clients give up on silence; and the end when the camera turns out to have another size."""


class MjpegResponse(Response):
    """Streams what `view_request` asks for, until the viewer leaves, what let it in ends, or the hub closes.

    At most `fps` pictures a second; None sends all. Without `shows_placeholders` nothing is sent while there is no live
    picture.
    """

    media_type = "multipart/x-mixed-replace"

    def __init__(  # noqa: PLR0913 what a viewer may ask for
        self,
        hub: Hub,
        limit: PerAddressLimit,
        view_request: ViewRequest,
        framing: Framing,
        fps: float | None,
        *,
        shows_placeholders: bool = True,
    ) -> None:
        super().__init__()
        self._hub = hub
        self._limit = limit
        self._view_request = view_request
        self._framing = framing
        self._fps = fps
        self._shows_placeholders = shows_placeholders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        if scope["method"] == "HEAD":
            await self._send_head(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif connection is not None:
            await self._serve_directly(connection, scope, receive)
        elif scope["http_version"] == "1.0":
            # ASGI can send an endless body only in chunks, which HTTP/1.0 does not know.
            await PlainTextResponse(texts.NEEDS_HTTP_1_1, 505)(scope, receive, send)
        else:
            await self._serve_by_asgi(scope, receive, send)

    async def _serve_directly(self, connection: DirectHttpProtocol, scope: Scope, receive: Receive) -> None:
        """From here to the end this task sleeps: the fan-out pass writes to the transport."""
        viewer = DirectViewer(connection.hand_over(), self._framing, self._fps)
        if self._view_request.auto_quality and came_through_a_proxy(scope):
            viewer.pacer = ProxiedRate(viewer, viewer.pacer)
        viewer.start(response_head(added_headers(scope)) + prelude(self._framing))
        connection.on_half_close = partial(self._hub.show_again, viewer)
        with self._attached(viewer, scope):
            await _disconnected(receive)

    async def _serve_by_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        changed = asyncio.Event()
        viewer = WaitingViewer(self._framing, changed, self._fps)
        await self._send_head(send)
        await send({"type": "http.response.body", "body": prelude(self._framing), "more_body": True})
        leaving = asyncio.create_task(_disconnected(receive))
        leaving.add_done_callback(lambda _: viewer.close())
        try:
            with self._attached(viewer, scope):
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
    def _attached(self, viewer: Viewer, scope: Scope) -> Iterator[None]:
        requester = requester_of(scope)
        viewer.wants_placeholders = self._shows_placeholders
        viewer.is_guest = requester.has_link
        if self._framing is with_length:  # a program: it gives all pictures the size of the first one
            viewer.size_wait_until = time.monotonic() + SIZE_SECONDS
        # What opened the stream ends it: a share link that runs out, a token or session that somebody ends.
        end = None if requester.ends_at is None else self._close_later(viewer, requester.ends_at)
        permission = requester.permission
        forget = None if permission is None else permission.when_withdrawn(viewer.close)
        self._limit.add(requester.address)
        self._hub.attach(viewer, self._view_request)
        try:
            yield
        finally:
            self._hub.detach(viewer)
            self._limit.remove(requester.address)
            if end is not None:
                end.cancel()
            if forget is not None:
                forget()

    def _close_later(self, viewer: Viewer, at: int) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(at - time.time(), viewer.close)

    async def _send_head(self, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in STREAM_HEADERS.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def came_through_a_proxy(scope: Scope) -> bool:
    """A proxy's connection carries requests of several clients."""
    return any(name in (b"x-forwarded-for", b"forwarded", b"via") for name, _ in scope["headers"])


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # a viewer may send anything after its request; we read none of it
