"""The share of the loop's turns that all connections of a server have together."""

import asyncio
import socket
import threading
from collections import Counter
from contextlib import ExitStack
from functools import partial

from starlette.types import Receive, Scope, Send

from shared.web.loop_share import STEPS_PER_TURN, LoopShare
from shared.web.server import listen, make_server
from tests.support.ports import free_port
from tests.support.serving import serving
from tests.support.waiting import wait_until

CLIENTS = 200
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_steps_beyond_the_share_wait_for_later_turns_in_their_order() -> None:
    share = LoopShare()
    done: list[int] = []
    for number in range(3 * STEPS_PER_TURN):
        share.run("anybody", partial(done.append, number))
    first = len(done)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = len(done)
    while len(done) < 3 * STEPS_PER_TURN:
        await asyncio.sleep(0)
    assert (first, second <= 2 * STEPS_PER_TURN) == (STEPS_PER_TURN, True)
    assert done == list(range(3 * STEPS_PER_TURN))


async def test_clients_take_turns_however_much_one_of_them_asks_for() -> None:
    """Behind a thousand connections of one client, another once waited for five seconds."""
    share = LoopShare()
    done: list[str] = []
    for _ in range(1000):
        share.run("a greedy one", partial(done.append, "greedy"))
    for name in ("second", "third"):
        share.run(name, partial(done.append, name))
        share.run(name, partial(done.append, name))
    while len(done) < 1004:
        await asyncio.sleep(0)
    last = max(number for number, name in enumerate(done) if name != "greedy")
    assert last < STEPS_PER_TURN + 6


def test_many_clients_that_ask_at_once_leave_room_in_each_turn() -> None:
    """A thousand once took a second and a half of everybody's at a time."""
    turns = _Turns()
    port = free_port()
    server = make_server(turns)
    listener = listen("127.0.0.1", port, setting="TEST")
    with serving(server, listener):
        sockets: list[socket.socket] = []
        with ExitStack() as clients:
            clients.callback(turns.go.set)
            for _ in range(CLIENTS):
                client = clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                client.sendall(REQUEST)
                assert client.recv(1024)
                sockets.append(client)
            turns.begin()
            for client in sockets:
                client.sendall(REQUEST * 4)
            turns.go.set()
            wait_until(lambda: turns.answered.total() == 4 * CLIENTS, "all are answered")
    assert max(turns.answered.values()) <= STEPS_PER_TURN, turns.answered.most_common(3)


class _Turns:
    """Counts the requests that are answered in each turn of the loop. After `begin` the first waits for `go`."""

    def __init__(self) -> None:
        self.answered: Counter[int] = Counter()
        self.go = threading.Event()
        self.go.set()
        self._turn = 0

    def begin(self) -> None:
        self.answered.clear()
        self.go.clear()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._next()
            return
        self.go.wait(30)
        self.answered[self._turn] += 1
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def _next(self) -> None:
        self._turn += 1
        asyncio.get_running_loop().call_soon(self._next)
