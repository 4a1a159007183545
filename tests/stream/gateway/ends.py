"""Either end of the gateway's socket, played by the test; and a real gateway on a thread."""

import asyncio
import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from services.stream.gateway.__main__ import listen_for_replicas
from services.stream.gateway.balancer import Balancer
from services.stream.gateway.news import MAX_BYTES, PASSED_ON, News
from shared.web.server import listen
from tests.support.ports import free_port
from tests.support.waiting import wait_until

PATIENCE_SECONDS = 20.0


class Gateway:
    """A running gateway: where viewers and replicas reach it."""

    def __init__(self, port: int, path: Path, balancer: Balancer) -> None:
        self.port = port
        self.path = path
        self.balancer = balancer

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS, (source, 0))

    def get(self, path: str, source: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, PATIENCE_SECONDS, (source, 0))
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def spread(self) -> list[int]:
        return sorted(link.connections for link in self.balancer._links)

    def wait_for_replicas(self, count: int) -> None:
        wait_until(lambda: len(self.balancer._links) == count, f"the gateway has {count} replicas")


@contextmanager
def running_gateway(path: Path) -> Iterator[Gateway]:
    port = free_port()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with listen("127.0.0.1", port, setting="STREAM") as viewers, listen_for_replicas(path) as listener:
        balancer = Balancer(viewers, listener)
        thread = threading.Thread(target=loop.run_until_complete, args=(balancer.run(stop),))
        thread.start()
        try:
            yield Gateway(port, path, balancer)
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()


class PlayedReplica:
    """A replica that does what the test tells it to."""

    def __init__(self, path: Path) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.settimeout(PATIENCE_SECONDS)
        self.link.connect(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.link.close()

    def take(self) -> socket.socket:
        """The next connection, without telling the gateway."""
        _, files, _, _ = socket.recv_fds(self.link, 1, 1)
        connection = socket.socket(fileno=files[0])
        connection.settimeout(PATIENCE_SECONDS)
        return connection

    def has_been_given_one(self) -> bool:
        self.link.setblocking(False)
        try:
            return self.link.recv(1, socket.MSG_PEEK) == PASSED_ON
        except BlockingIOError:
            return False
        finally:
            self.link.settimeout(PATIENCE_SECONDS)

    def tell(self, taken: int, open_: int) -> None:
        self.link.send(News(taken, open_).encode())


class PlayedGateway:
    """A gateway for one real replica."""

    def __init__(self, path: Path) -> None:
        self.listener = listen_for_replicas(path)
        self.listener.settimeout(PATIENCE_SECONDS)
        self.news: News | None = None

    def meet(self) -> None:
        self.link, _ = self.listener.accept()
        self.link.settimeout(PATIENCE_SECONDS)

    def pass_on(self) -> socket.socket:
        """The viewer's end of a connection that the replica is given."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            viewer = socket.create_connection(server.getsockname(), PATIENCE_SECONDS)
            accepted, _ = server.accept()
        with accepted:
            socket.send_fds(self.link, [PASSED_ON], [accepted.fileno()])
        return viewer

    def wait_for_news(self, expected: News) -> None:
        def is_told() -> bool:
            while self.news != expected:
                self.link.setblocking(False)
                try:
                    self.news = News.decode(self.link.recv(MAX_BYTES))
                except BlockingIOError:
                    return False
                finally:
                    self.link.settimeout(PATIENCE_SECONDS)
            return True

        wait_until(is_told, f"the replica tells {expected}")

    def close(self) -> None:
        self.link.close()
        self.listener.close()
