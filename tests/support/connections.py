"""A server for scripted cameras: a port of this machine, and a thread for each connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def each_connection(serve: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """Calls `serve` with each connection, and closes it then. The client may leave as it likes. Yields the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        threads: list[threading.Thread] = []

        def serve_one(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                serve(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threads.append(threading.Thread(target=serve_one, args=(server.accept()[0],)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(10)
