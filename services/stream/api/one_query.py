"""What clients add to the address of a picture behind a second `?` is left out.

Some add the time, or a parameter that looks like a file (`?dummy=param.mjpg`), whether or not there is a query already.
"""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_PICTURES: Final = re.compile(r"/|.*/(stream|snapshot|cam\.mjpg|cam\.jpg|stream\.mjpeg|frame\.jpeg|latest\.jpg)/?")
"""Our own addresses of pictures, and those of other servers. No value that is asked for there has a `?`."""


class OneQuery:
    """Plain ASGI around `app`, outside whatever reads the query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"?" in scope["query_string"] and _PICTURES.fullmatch(scope["path"]):
            scope["query_string"] = scope["query_string"].partition(b"?")[0]
        await self._app(scope, receive, send)
