"""A uvicorn server as our services need it: one process, its own socket, a quick and complete end."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable
from typing import Final, Literal

import uvicorn
from fastapi import FastAPI

from shared.errors import ConfigurationError

GRACE_SECONDS: Final = 2
MAX_MESSAGE_BYTES: Final = 4096
"""Of a WebSocket client's messages; ours have no such limit."""


class _Server(uvicorn.Server):
    """Ends the endless responses first: uvicorn itself would wait for them, and runs the lifespan's end only then."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def _nothing() -> None:
    """For services without endless responses."""


def make_server(
    app: FastAPI,
    *,
    http: type[asyncio.Protocol] | Literal["httptools"] = "httptools",
    on_stop: Callable[[], None] = _nothing,
) -> uvicorn.Server:
    """A server for `app`, to be run on sockets from `listen`. `on_stop` runs first of all when it is told to end."""
    config = uvicorn.Config(
        app,
        http=http,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        # JPEG does not shrink.
        ws_per_message_deflate=False,
    )
    return _Server(config, on_stop)


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. Main thread only."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal once more at its end, for the handler found at its start: a clean stop is code 0.
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def listen(
    host: str, port: int, *, setting: str, stall_seconds: float = 60.0, unsent_bytes: int | None = None
) -> socket.socket:
    """A listening TCP socket, whose options its connections inherit.

    The kernel gives a connection up whose peer has acknowledged nothing, or taken nothing in, for `stall_seconds`.
    With `unsent_bytes` it takes little more than so many beyond what is on the wire: for servers that can't ask it.

    Raises:
        ConfigurationError: naming `setting` when the address is taken or not this host's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(stall_seconds * 1000))
            if unsent_bytes is not None:
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, unsent_bytes)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "something else listens there already" if taken else error.strerror
        raise ConfigurationError(
            f"{setting}_PORT is '{port}' but must be free on {setting}_HOST '{host}': {reason}."
        ) from None
    listener.setblocking(False)
    return listener
