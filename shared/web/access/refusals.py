"""The guard's answers to requests that may not pass, as ASGI applications."""

from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Framecast", charset="UTF-8"'}
EMBEDDABLE: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""For words that tell nothing of anybody. Without it an `<img>` of another origin fails as if it were not allowed."""
_POLICY_VIOLATION: Final = 1008


def refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status, {"Cache-Control": "no-store", **(headers or {})})


def words_for_a_page(reason: str) -> ASGIApp:
    """Accepts a socket only to close it. A browser keeps the answer to a refused handshake from its page, which would
    go on to try every other way, and write an error into the console for each.
    """

    async def close(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})

    return close
