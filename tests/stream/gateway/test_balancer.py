"""The gateway's choice among replicas, with replicas that the test plays."""

import asyncio
import errno
import json
import os
import socket
import time
from pathlib import Path

import pytest

from services.stream.gateway import balancer, replica_link
from services.stream.gateway.balancer import Balancer
from services.stream.gateway.replica_link import MAX_UNTAKEN, STUCK_SECONDS, ReplicaLink
from shared.web.server import listen
from tests.stream.gateway.ends import Gateway, PlayedReplica, running_gateway
from tests.support.ports import free_port
from tests.support.waiting import wait_until

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def met(gateway: Gateway, count: int) -> list[PlayedReplica]:
    """As many replicas, which the gateway knows."""
    replicas = [PlayedReplica(gateway.path) for _ in range(count)]
    gateway.wait_for_replicas(count)
    return replicas


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def link_pair() -> tuple[ReplicaLink, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ReplicaLink(ours), theirs


def test_a_viewer_gets_the_replica_with_the_fewest_connections(tmp_path: Path) -> None:
    """Both what a replica tells and what is under way to it count."""
    with running_gateway(tmp_path / "socket") as gateway:
        full, empty = met(gateway, 2)
        full.tell(0, 3)
        wait_until(lambda: gateway.spread() == [0, 3], "it is told")
        viewers = [gateway.connect() for _ in range(3)]
        for _ in viewers:
            empty.take().close()
        assert not full.has_been_given_one()
        empty.tell(3, 5)
        wait_until(lambda: gateway.spread() == [3, 5], "it is told")
        with gateway.connect() as viewer, full.take() as taken:
            assert taken.getpeername() == viewer.getsockname()
        for each in (*viewers, full.link, empty.link):
            each.close()


def test_short_connections_take_turns(tmp_path: Path) -> None:
    """Among replicas with equally many, none gets all requests."""
    with running_gateway(tmp_path / "socket") as gateway:
        first, second = met(gateway, 2)
        for turn in range(1, 4):
            for viewer in (gateway.connect(), gateway.connect()):
                viewer.close()
            for replica in (first, second):
                replica.take().close()
                replica.tell(turn, 0)
            wait_until(lambda: gateway.spread() == [0, 0], "both have ended")
        first.link.close()
        second.link.close()


def test_the_passed_on_connection_is_the_viewers_own(tmp_path: Path) -> None:
    """With its address, its bytes, and our options; the gateway keeps no file of it."""
    with running_gateway(tmp_path / "socket") as gateway:
        (replica,) = met(gateway, 1)
        files = open_files()
        with gateway.connect("127.0.0.2") as viewer:
            viewer.sendall(REQUEST)
            with replica, replica.take() as taken:
                assert taken.getpeername()[0] == "127.0.0.2"
                assert taken.recv(1000) == REQUEST
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
                replica.tell(1, 1)
                # Only the viewer's end and the replica's are left.
                wait_until(lambda: open_files() == files + 2, "the gateway has let go")
                taken.sendall(b"picture")
                assert viewer.recv(1000) == b"picture"


def test_what_a_dead_replica_did_not_take_goes_to_another(tmp_path: Path) -> None:
    """The viewer notices nothing."""
    with running_gateway(tmp_path / "socket") as gateway:
        (dying,) = met(gateway, 1)
        with gateway.connect() as viewer:
            viewer.sendall(REQUEST)
            wait_until(dying.has_been_given_one, "it is under way")
            with PlayedReplica(gateway.path) as other:
                gateway.wait_for_replicas(2)
                dying.link.close()
                with other.take() as taken:
                    assert taken.recv(1000) == REQUEST


def test_a_viewer_waits_for_a_replica(tmp_path: Path) -> None:
    """During a restart of the only one, a page loads late instead of not at all."""
    with running_gateway(tmp_path / "socket") as gateway, gateway.connect() as viewer:
        viewer.sendall(REQUEST)
        wait_until(lambda: gateway.balancer._waiting, "it waits")
        with PlayedReplica(gateway.path) as replica, replica.take() as taken:
            assert taken.recv(1000) == REQUEST


def test_without_a_replica_a_viewer_is_told_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that loads for ever would say nothing."""
    monkeypatch.setattr(balancer, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(balancer, "PAUSE_SECONDS", 0.1)
    with running_gateway(tmp_path / "socket") as gateway:
        status, body = gateway.get("/")
        assert (status, "docker compose logs stream" in json.loads(body)["detail"]) == (503, True)
        with gateway.connect() as silent:
            assert silent.recv(12) == b"HTTP/1.1 503"


def test_more_than_may_wait_stay_in_the_kernels_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And are served when others have gone."""
    monkeypatch.setattr(balancer, "MAX_WAITING", 2)
    monkeypatch.setattr(balancer, "PAUSE_SECONDS", 0.1)
    with running_gateway(tmp_path / "socket") as gateway:
        viewers = [gateway.connect() for _ in range(5)]
        wait_until(lambda: len(gateway.balancer._waiting) == 2, "two wait")
        with PlayedReplica(gateway.path) as replica:
            taken = [replica.take() for _ in viewers]
        assert len({each.getpeername() for each in taken}) == 5
        for each in (*viewers, *taken):
            each.close()


def test_without_a_free_file_it_pauses_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying again at once would take a whole core, and the log."""
    monkeypatch.setattr(balancer, "PAUSE_SECONDS", 0.1)
    accept, tries = socket.socket.accept, []

    def fail_twice(listener: socket.socket) -> tuple[socket.socket, object]:
        if listener.family == socket.AF_INET:
            tries.append(time.monotonic())
            if len(tries) <= 2:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return accept(listener)

    with running_gateway(tmp_path / "socket") as gateway:
        (replica,) = met(gateway, 1)
        monkeypatch.setattr(socket.socket, "accept", fail_twice)
        with replica, gateway.connect(), replica.take():
            assert tries[1] - tries[0] >= 0.1


@pytest.mark.parametrize("message", [b"?", b"", b"x" * 17], ids=["short", "empty", "long"])
def test_a_replica_that_speaks_nonsense_is_left_and_others_are_not(tmp_path: Path, message: bytes) -> None:
    """Its connections go on; it gets no more."""
    with running_gateway(tmp_path / "socket") as gateway:
        strange, good = met(gateway, 2)
        strange.link.send(message)
        gateway.wait_for_replicas(1)
        with gateway.connect(), good.take():
            pass
        strange.link.close()
        good.link.close()


def test_a_replica_gets_only_some_connections_before_it_takes_them() -> None:
    """A limit of the kernel's on files under way would otherwise be met."""
    link, theirs = link_pair()
    with theirs:
        for _ in range(MAX_UNTAKEN):
            assert link.has_room
            link.pass_on(socket.socket(), 0.0)
        assert not link.has_room
        theirs.send(b"\0" * 7 + b"\1" + b"\0" * 7 + b"\1")
        assert link.read_news(0.0)
        assert (link.has_room, link.connections) == (True, MAX_UNTAKEN)
        for connection in link.close():
            connection.close()


def test_a_stuck_replica_gets_none_while_another_has_room() -> None:
    """It hangs, or its host does. If it is the only one, viewers wait for it."""
    here, there = free_port(), socket.socket()
    with listen("127.0.0.1", here, setting="STREAM") as viewers, there:
        choosing = Balancer(viewers, there)
        (stuck, stuck_end), (busy, busy_end) = link_pair(), link_pair()
        choosing._links = {stuck}
        stuck.pass_on(socket.socket(), 0.0)
        assert not stuck.is_stuck(STUCK_SECONDS)
        assert stuck.is_stuck(STUCK_SECONDS + 0.1)
        assert choosing._emptiest(STUCK_SECONDS + 0.1) is stuck
        choosing._links = {stuck, busy}
        busy_end.send((b"\0" * 7 + b"\0") + (b"\0" * 7 + b"\x09"))
        busy.read_news(0.0)
        assert choosing._emptiest(STUCK_SECONDS - 0.1) is stuck
        assert choosing._emptiest(STUCK_SECONDS + 0.1) is busy
        for connection in (*stuck.close(), *busy.close(), stuck_end, busy_end):
            connection.close()


def test_a_link_that_takes_no_more_bytes_is_an_error_and_keeps_the_connection() -> None:
    """The balancer then drops the link, and the connection goes elsewhere."""
    link, theirs = link_pair()
    theirs.close()
    with socket.socket() as connection:
        with pytest.raises(OSError, match="pipe"):
            link.pass_on(connection, 0.0)
        assert link.connections == 0
    link.close()


async def test_the_gateway_ends_at_once_and_closes_what_waits(tmp_path: Path) -> None:
    """Connections that were passed on are not its own any more."""
    with running_gateway(tmp_path / "socket") as gateway:
        waiting = gateway.connect()
        wait_until(lambda: gateway.balancer._waiting, "it waits")
    assert await asyncio.to_thread(waiting.recv, 1) == b""
    waiting.close()
    assert replica_link.MAX_UNTAKEN < balancer.MAX_WAITING
