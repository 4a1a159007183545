"""Viewers that misbehave: they stall, crawl, vanish or flood. Nobody else may notice them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

from faults.viewers.door import Door

MANY: Final = 12
FLOOD: Final = 150
CRAWL_BYTES: Final = 2000


@contextmanager
def stalling(door: Door, camera: str) -> Iterator[None]:
    """Viewers that ask for the stream and read nothing."""
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(_watching(door, camera))
        yield


@contextmanager
def crawling(door: Door, camera: str) -> Iterator[None]:
    """Viewers that read a few kilobytes a second."""
    over = threading.Event()

    def crawl(connections: list[socket.socket]) -> None:
        while not over.wait(0.5):
            for connection in connections:
                with suppress(OSError):
                    connection.recv(CRAWL_BYTES, socket.MSG_DONTWAIT)

    with ExitStack() as stack:
        connections = [stack.enter_context(_watching(door, camera)) for _ in range(MANY)]
        thread = threading.Thread(target=crawl, args=(connections,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def vanishing(door: Door, camera: str) -> Iterator[None]:
    """Viewers that come, and go without a word, again and again."""
    over = threading.Event()

    def come_and_go() -> None:
        while not over.wait(0.1):
            with suppress(OSError), _watching(door, camera) as connection:
                connection.recv(1)

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def flooding(door: Door) -> Iterator[None]:
    """Connections that send half a request, and requests without a password."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            with suppress(OSError), socket.create_connection(("127.0.0.1", door.port), timeout=2) as connection:
                connection.sendall(b"GET /api/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                connection.recv(64)

    with ExitStack() as stack:
        for _ in range(FLOOD):
            with suppress(OSError):
                half = stack.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=2))
                half.sendall(b"GET /api/camera/str")
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            time.sleep(0)


@contextmanager
def _watching(door: Door, camera: str) -> Iterator[socket.socket]:
    headers = "".join(f"{name}: {value}\r\n" for name, value in door.headers.items())
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as connection:
        connection.sendall(f"GET /api/cameras/{camera}/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())
        yield connection
