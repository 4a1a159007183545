"""The uvicorn server of our services: one process, a socket of our own, and a quick and complete shutdown."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, Final, Literal, Protocol, cast

import uvicorn
from starlette.types import ASGIApp

from shared.allocator import give_memory_back
from shared.errors import ConfigurationError
from shared.web.client_log import quieten_libraries
from shared.web.protocol import HttpProtocol
from shared.web.websocket_protocol import WebSocketProtocol

GRACE_SECONDS: Final = 2
TICK_SECONDS: Final = 1.0
MANY_CONNECTIONS: Final = 200
"""After the end of as many, their memory is given back: half of what an attack of a thousand had taken."""
ACCEPTED_PER_TURN: Final = 32
"""libuv accepts one connection for each listening descriptor in a turn of the loop. While somebody's thousand wait in
the kernel's queue and each turn takes some milliseconds, everybody behind them would wait for seconds.
"""
RECEIVE_BYTES: Final = 16 * 1024
"""The kernel's buffer for what a client sends (it takes twice as much). uvloop would read 256 KB at once."""
IDLE_SECONDS: Final = 75
"""How long a connection may wait for its next request, as in nginx. uvicorn's 5 s are a usual period of polling: the
client's request and our close would cross on the way.
"""
MAX_MESSAGE_BYTES: Final = 4096
"""For messages from a WebSocket client; those to it have no such limit."""


def _nothing() -> None:
    """For services without endless responses, and before there is a loop to wake."""


class ConnectionSource(Protocol):
    """Connections that something else has accepted. `make_protocol` serves one. After `stop` no more come."""

    def start(self, make_protocol: Callable[[], asyncio.Protocol]) -> None: ...

    def stop(self) -> None: ...


class _Server(uvicorn.Server):
    """Ends the endless responses first. uvicorn would wait for them, and end the application's lifespan only then.

    Its main loop wakes once a second and when it must end. uvicorn's own wakes ten times a second, which at 30 fps was
    a tenth of the cost of a frame.
    """

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None], source: ConnectionSource | None) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        self._source = source
        self._wake_to_end: Callable[[], object] = _nothing
        self._most_connections = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens with `ACCEPTED_PER_TURN` descriptors of each socket."""
        copies = [listener.dup() for listener in sockets or () for _ in range(ACCEPTED_PER_TURN - 1)]
        await super().startup(None if sockets is None else [*sockets, *copies])
        if self._source is not None:
            make = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
            state: dict[str, Any] = self.lifespan.state
            self._source.start(partial(make, config=self.config, server_state=self.server_state, app_state=state))

    async def main_loop(self) -> None:
        end = asyncio.Event()
        self._wake_to_end = partial(asyncio.get_running_loop().call_soon_threadsafe, end.set)
        # uvicorn updates the Date header in each tick with the number 0.
        while not await self.on_tick(0):
            self._give_memory_back()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await end.wait()

    def _give_memory_back(self) -> None:
        count = len(self.server_state.connections)
        self._most_connections = max(self._most_connections, count)
        if self._most_connections - count >= MANY_CONNECTIONS:
            self._most_connections = count
            give_memory_back()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._wake_to_end()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._source is not None:
            self._source.stop()
        self._on_stop()
        await super().shutdown(sockets)


def make_server(
    app: ASGIApp,
    *,
    http: type[asyncio.Protocol] | Literal["httptools"] = HttpProtocol,
    on_stop: Callable[[], None] = _nothing,
    source: ConnectionSource | None = None,
) -> uvicorn.Server:
    """A server for `app`, to be run on a socket from `listen`; it serves the connections of `source`, too.

    On shutdown it calls `on_stop` before anything else but the end of `source`.
    """
    quieten_libraries()
    config = uvicorn.Config(
        app,
        http=http,
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        # TRUSTED_PROXIES decides which proxies are believed; uvicorn would believe any on this machine.
        proxy_headers=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws=WebSocketProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        # A JPEG can't be compressed further.
        ws_per_message_deflate=False,
    )
    return _Server(config, on_stop, source)


def serve(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. Main thread only."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # At its end uvicorn raises the signal again, for the handler that was set before. So a clean stop exits with 0.
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def listen(
    host: str, port: int, *, setting: str, stall_seconds: float = 60.0, unsent_bytes: int | None = None
) -> socket.socket:
    """A listening TCP socket. Its connections inherit its options.

    The kernel closes a connection whose peer has acknowledged nothing, or has kept its window shut, for
    `stall_seconds`. With `unsent_bytes` the kernel accepts only about that many bytes that are not sent yet
    (TCP_NOTSENT_LOWAT): for servers that can't ask the kernel how much is unsent.

    Raises:
        ConfigurationError: the address is taken, or is not of this host. The message names `setting`_HOST and _PORT.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
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
