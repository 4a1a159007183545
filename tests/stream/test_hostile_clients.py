"""Strangers who send whatever they like to the HTTP port, with a viewer beside them who must not notice."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import cycle
from typing import Final

from tests.support.bus import FakeIngest, frame_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica
from tests.support.waiting import wait_until

HEAD: Final = b"GET /api/devices HTTP/1.1\r\nHost: x\r\n"
CHUNKED: Final = b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SOCKET: Final = (
    b"GET /api/cameras/cam1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
KINDS: Final = {
    "bytes that mean nothing": (b"", bytes(range(256)) * 8),
    "a head without end": (HEAD, b"X-A: b\r\n" * 200),
    "trailers without end": (CHUNKED + b"0\r\n", b"a: b\r\n" * 200),
    "chunk extensions": (CHUNKED, b"1;" + b"e" * 2000 + b"\r\nx\r\n"),
    "requests whose answers nobody reads": (b"", (HEAD + b"\r\n") * 20),
    "paths that lead nowhere": (b"", b"GET /%2e%2e/%00?a=%ff HTTP/1.1\r\nHost: [\r\nOrigin: http://[\r\n\r\n"),
    "pings without end": (SOCKET, b"\x89\x80\0\0\0\0" * 200),
    "frames that mean nothing": (SOCKET, b"\xff\xff\xff\xff" * 200),
}
EACH: Final = 3
PICTURES: Final = 25


class Strangers:
    """`EACH` connections of every kind, which send as fast as they are let, and come again when they are cut."""

    def __init__(self, port: int) -> None:
        self.rounds = dict.fromkeys(KINDS, 0)
        """How many times each kind's block was sent, or its connection was cut."""
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def attacking(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        for kind in (kind for kind in KINDS for _ in range(EACH)):
            self._connect(kind)
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.1):
                self._send(key)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr] # all are sockets
        self._selector.close()

    def _connect(self, kind: str) -> None:
        first, block = KINDS[kind]
        client = socket.create_connection(("127.0.0.1", self._port), 30)
        with suppress(OSError):
            client.sendall(first)
        client.setblocking(False)
        self._selector.register(client, selectors.EVENT_WRITE, (kind, cycle([block])))

    def _send(self, key: selectors.SelectorKey) -> None:
        kind, blocks = key.data
        client = key.fileobj
        assert isinstance(client, socket.socket)
        try:
            client.send(next(blocks))
        except BlockingIOError:
            return
        except OSError:
            self._selector.unregister(client)
            client.close()
            self._connect(kind)
        self.rounds[kind] += 1


def has_live(viewer: Viewer, jpeg: bytes) -> bool:
    return viewer.last is not None and viewer.last.jpeg == jpeg and viewer.last.is_live


def test_a_viewer_gets_every_picture_while_strangers_send_what_they_like(replica: Replica, ingest: FakeIngest) -> None:
    """Each picture is only shown after the one before it came, so none may be held up for long, and none be missing."""
    strangers = Strangers(replica.port)
    with Viewer(replica.port) as viewer, strangers.attacking():
        wait_until(lambda: all(strangers.rounds.values()), "strangers of each kind have sent something")
        for number in range(PICTURES):
            shown = frame_of("cam1", number, level=8 * number + 20)
            ingest.show(shown)
            wait_until(partial(has_live, viewer, shown.jpeg), f"picture {number}")
        assert not viewer.ended.is_set()
    assert replica.json("/api/devices")[0] == 200
