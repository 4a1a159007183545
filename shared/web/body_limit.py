"""The limit on the size of a request's body: ours are small forms and JSON. `protocol.py` limits its time."""

from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.access.roles import READING, requester_of
from shared.web.client_log import limit_met
from shared.web.texts import body_too_large

MAX_BODY_BYTES: Final = 64 * 1024
_TOO_LARGE: Final = body_too_large(MAX_BODY_BYTES)


class BodyLimit:
    """ASGI middleware around `app`: answers 413 by the Content-Length, or when a body without it passes the limit.

    FastAPI's own `max_body_size` would answer in plain text instead of JSON.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:  # no endpoint reads their body
            await self._app(scope, receive, send)
            return
        if int(Headers(scope=scope).get("content-length", 0)) > MAX_BODY_BYTES:
            _log(scope)
            await JSONResponse({"detail": _TOO_LARGE}, 413)(scope, receive, send)
            return
        total_bytes = 0

        async def counting() -> Message:
            nonlocal total_bytes
            message = await receive()
            total_bytes += len(message.get("body", b""))
            if total_bytes > MAX_BODY_BYTES:
                _log(scope)
                raise HTTPException(413, _TOO_LARGE)
            return message

        # A client that leaves before it has sent the whole body is no error.
        with suppress(ClientDisconnect):
            await self._app(scope, counting, send)


def _log(scope: Scope) -> None:
    limit_met("bytes of a request's body", requester_of(scope).address, MAX_BODY_BYTES)
