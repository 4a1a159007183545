"""A uvicorn server as our services need it: one process, its own socket, a quick and complete end."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Final, Literal

import uvicorn
from starlette.types import ASGIApp

from shared.errors import ConfigurationError
from shared.web.protocol import HttpProtocol
from shared.web.websocket_protocol import WebSocketProtocol

GRACE_SECONDS: Final = 2
TICK_SECONDS: Final = 1.0
MAX_MESSAGE_BYTES: Final = 4096
"""Of a WebSocket client's messages; ours have no such limit."""


def _nothing() -> None:
    """For services without endless responses, and before there is anything to wake."""


class _Server(uvicorn.Server):
    """Ends the endless responses first: uvicorn itself would wait for them, and runs the lifespan's end only then.

    It wakes once a second and when told to end, where uvicorn looks ten times a second: at 30 fps that was a tenth of
    what a frame cost.
    """

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        self._told_to_end: Callable[[], object] = _nothing

    async def main_loop(self) -> None:
        end = asyncio.Event()
        self._told_to_end = partial(asyncio.get_running_loop().call_soon_threadsafe, end.set)
        # Each of uvicorn's ticks numbered 0 brings the Date header up to date.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await end.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._told_to_end()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def make_server(
    app: ASGIApp,
    *,
    http: type[asyncio.Protocol] | Literal["httptools"] = HttpProtocol,
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
        # Which proxies are believed is TRUSTED_PROXIES' to say; uvicorn would believe any on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws=WebSocketProtocol,
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
