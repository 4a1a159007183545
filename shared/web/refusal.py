"""A service that can't use a setting answers every request with the reason, in place of nothing.

Without its settings it knows no password. So what everybody may reach tells no value, only the names of settings.
"""

import html
import json
import os
import threading
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.types import Receive, Scope, Send

from shared.errors import ConfigurationError
from shared.lifecycle import REFUSAL_SECONDS
from shared.web.server import ConnectionSource, listen, make_server, serve
from shared.web.settings import WebSettings

RETRY_SECONDS: Final = 5
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta http-equiv="refresh" content="{seconds}"><title>Framecast</title>'
    "<h1>{heading}</h1><p>{sentence}</p></html>"
)


class RefusalApp:
    """An ASGI application with one answer, 503: a page for browsers, `{"detail": …}` for programs."""

    def __init__(self, sentence: str, heading: str = "Framecast can't start") -> None:
        self._json = json.dumps({"detail": sentence}).encode()
        self._page = _PAGE.format(seconds=RETRY_SECONDS, heading=heading, sentence=html.escape(sentence)).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
        else:
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        wants_page = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
        headers = [
            (b"content-type", b"text/html; charset=utf-8" if wants_page else b"application/json"),
            (b"retry-after", str(RETRY_SECONDS).encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": HTTPStatus.SERVICE_UNAVAILABLE, "headers": headers})
        await send({"type": "http.response.body", "body": self._page if wants_page else self._json})


def serve_refusal(
    error: ConfigurationError, service: str, settings: type[WebSettings], source: ConnectionSource | None = None
) -> None:
    """Answer with `error.public` at `service`_HOST and _PORT for `REFUSAL_SECONDS`, or until a signal. `settings` tell
    where that is by default.

    Main thread only. Where nothing can listen there, the log alone says so.
    """
    host, port = (
        os.environ.get(f"{service}_{name}") or str(settings.model_fields[f"{service}_{name}".lower()].default)
        for name in ("HOST", "PORT")
    )
    with suppress(ConfigurationError, ValueError, OverflowError):
        listener = listen(host, int(port), setting=service)
        server = make_server(RefusalApp(error.public), source=source)
        end = threading.Timer(REFUSAL_SECONDS, setattr, (server, "should_exit", True))
        end.daemon = True
        end.start()
        serve(server, listener)
