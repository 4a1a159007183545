"""A server of ours on a thread of the test's own process."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from tests.support.waiting import PATIENCE, wait_until


@contextmanager
def serving(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    """Run `server`, from `make_server`, on the socket until the end of the block.

    It ends as by a signal, which wakes its main loop. That looks only once a second whether it should end.
    """
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), "the server has started")
        assert server.started, "the server has ended"
        yield
    finally:
        if thread.is_alive():
            server.handle_exit(signal.SIGTERM, None)
        thread.join(10 * PATIENCE)
    assert not thread.is_alive(), "the server did not stop"
