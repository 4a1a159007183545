"""A replica of stream inside the test's own process: real uvicorn on a thread, and a real bus."""

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TypeVar

from services.stream.api.connection_handover import DirectHttpProtocol
from services.stream.app import build_app
from services.stream.fanout.hub import Hub
from services.stream.gateway.gateway_client import GatewayClient
from services.stream.settings import StreamSettings
from shared.clock import Clock
from shared.web.access.owner_access import OwnerAccess
from shared.web.server import listen, make_server
from tests.support.ports import free_port
from tests.support.serving import serving

_ResultT = TypeVar("_ResultT")


class Replica:
    """A running replica and simple requests to it."""

    def __init__(self, port: int, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self.port = port
        self.hub = hub
        self._loop = loop

    def after_a_stall(self, seconds: float, look: Callable[[], _ResultT]) -> _ResultT:
        """Block the replica's loop for `seconds`; what `look` finds right then, before anything else runs there."""
        found: Future[_ResultT] = Future()

        def stall() -> None:
            time.sleep(seconds)
            found.set_result(look())

        self._loop.call_soon_threadsafe(stall)
        return found.result(seconds + 30)

    def request(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of a response. Not for streams, which do not end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return response.status, names, response.read()
        finally:
            connection.close()

    def json(self, path: str) -> tuple[int, Any]:
        status, _, body = self.request(path)
        return status, json.loads(body)

    def known_cameras(self) -> set[str]:
        return {device["key"] for device in self.json("/api/devices")[1]["devices"]}

    def knows_a_camera(self) -> bool:
        return bool(self.known_cameras())


@contextmanager
def running_replica(  # noqa: PLR0913 as many as tests need
    bus: str,
    *,
    direct: bool = True,
    archiver_url: str = "http://127.0.0.1:9",
    max_viewers: int = 1000,
    stall_seconds: float = 60.0,
    clock: Clock | None = None,
    settings: Mapping[str, object] = MappingProxyType({}),
    port: int | None = None,
    owner: OwnerAccess | None = None,
) -> Iterator[Replica]:
    """A replica, on a free port unless `port` is given. Without `direct` it serves through plain ASGI, as under another
    server.

    `settings` are more fields of StreamSettings.
    """
    port = free_port() if port is None else port
    unsent_bytes = None if direct else 16 * 1024
    listener = listen("127.0.0.1", port, setting="STREAM", unsent_bytes=unsent_bytes)
    hub = Hub(bus, max_viewers, stall_seconds)
    given = {"stream_port": port, "archiver_url": archiver_url, **settings}
    valid = StreamSettings.model_validate(given)
    app = build_app(valid, hub, clock, owner)
    gateway = None if valid.gateway_socket is None else GatewayClient(valid.gateway_socket)
    server = make_server(
        app, http=DirectHttpProtocol if direct else "httptools", on_stop=hub.close_viewers, source=gateway
    )
    with serving(server, listener):
        yield Replica(port, hub, server.servers[0].get_loop())
