"""A server of its own process for a test: our protocols around an app that answers `/ok`, echoes sockets, and no more.

`python -m tests.web.small_server PORT`
"""

import resource
import sys
import time

from starlette.types import Receive, Scope, Send

from shared.web.server import listen, make_server, serve

MEMORY_LIMIT = 1024**3
"""Of the address space, so that a fault ends this process and not the machine."""
COSTLY_SECONDS = 0.002


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Any path: 200 and a short body; at `/patient` not before the request's body has come, at `/endless`
    not before the client has gone, at `/costly` after some work.

    A WebSocket is accepted, and its messages are read and forgotten.
    """
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    if scope["path"] == "/patient":
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
    if scope["path"] == "/endless":
        while (await receive())["type"] == "http.request":
            pass
    if scope["path"] == "/costly":
        until = time.thread_time() + COSTLY_SECONDS
        while time.thread_time() < until:
            pass
    body = b"x" * 20_000 if scope["path"] == "/large" else b"ok"
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    serve(make_server(app), listen("127.0.0.1", int(sys.argv[1]), setting="TEST"))
