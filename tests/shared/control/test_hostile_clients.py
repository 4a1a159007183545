"""Clients that mean harm, on real sockets: nothing ends the process, memory stays bounded, and others are answered."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from secrets import token_bytes

import pytest
from structlog.testing import capture_logs

from shared.bus import zmtp
from shared.bus.mechanism import REQUESTER, SUBSCRIBER
from shared.control import connections
from shared.control.messages import MAX_REQUEST_BYTES
from tests.shared.bus.raw_peer import RawPeer
from tests.shared.control.answering import Answering, ZeroMqClient, answering, request, request_id
from tests.support.waiting import wait_until


@pytest.fixture
def control() -> Iterator[Answering]:
    with answering() as running:
        yield running


def peer(control: Answering, *, shakes_hands: bool = True) -> RawPeer:
    return RawPeer(control.address, role=REQUESTER, shakes_hands=shakes_hands)


def assert_others_are_answered(control: Answering) -> None:
    with closing(ZeroMqClient(control.address)) as client:
        client.send(request("state", 999_999))
        assert json.loads(client.receive())["id"] == request_id(999_999)


@pytest.mark.parametrize(
    "data",
    [
        zmtp.head(0, MAX_REQUEST_BYTES * 2),
        zmtp.head(0, 2**62),
        zmtp.frame(zmtp.MORE, b"") * 9,
        zmtp.frame(zmtp.MORE, b"x" * 60_000) * 2,
        b"\xff" * 100,
        zmtp.command(b"PING", b"x" * 2000),
    ],
    ids=["too large", "giant", "too many parts", "too large together", "no frame", "a long command"],
)
def test_a_connection_that_breaks_a_limit_ends(control: Answering, data: bytes) -> None:
    """What it announces is never waited for."""
    with closing(peer(control)) as hostile:
        hostile.send(data)
        wait_until(hostile.is_ended)
    assert_others_are_answered(control)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        zmtp.SIGNATURE + b"\x02\x00" + bytes(52),
        zmtp.greeting(b"CURVE"),
        zmtp.GREETING + zmtp.command(b"READY", SUBSCRIBER.metadata),
        zmtp.GREETING + zmtp.frame(0, request()),
        zmtp.GREETING + zmtp.command(b"READY", bytes(2000)),
        token_bytes(200),
    ],
    ids=["HTTP", "an old version", "keys", "a subscriber", "no handshake", "a long handshake", "noise"],
)
def test_what_is_no_client_is_sent_away(control: Answering, data: bytes) -> None:
    """A port scan, or a program that has the wrong address."""
    with closing(peer(control, shakes_hands=False)) as hostile:
        hostile.send_raw(data)
        wait_until(hostile.is_ended)
    assert not control.handler.done
    assert_others_are_answered(control)


def test_half_a_handshake_ends_in_time(control: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds a place."""
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.1)
    with closing(peer(control, shakes_hands=False)) as hostile, capture_logs() as lines:
        hostile.send_raw(zmtp.GREETING[:20])
        wait_until(hostile.is_ended)
        wait_until(lambda: any("had not shown who it is" in line["last_reason"] for line in lines))


def test_of_three_hundred_connections_the_oldest_make_room(control: Answering) -> None:
    """First those without a handshake, then those that are idle; and never one with a request under way."""
    with ExitStack() as stack:
        busy = stack.enter_context(closing(peer(control)))
        busy.send(zmtp.frame(0, request("wait", deadline_seconds=30)))
        wait_until(lambda: control.handler.done)
        silent = [stack.enter_context(closing(peer(control, shakes_hands=False))) for _ in range(150)]
        idle = [stack.enter_context(closing(peer(control))) for _ in range(150)]
        wait_until(lambda: sum(one.is_ended() for one in silent) == 301 - connections.MAX_CONNECTIONS)
        assert not any(one.is_ended() for one in idle)
        more = [stack.enter_context(closing(peer(control))) for _ in range(106)]
        wait_until(lambda: idle[0].is_ended() and all(one.is_ended() for one in silent))
        assert not more[-1].is_ended()
        control.handler.release.set()
        assert json.loads(busy.read_frame()[zmtp.SHORT_HEAD_BYTES :])["id"] == request_id(1)
        assert_others_are_answered(control)


def test_floods_are_answered_or_refused_and_others_are_answered_meanwhile(control: Answering) -> None:
    """Each connection has its turn."""
    flood = b"".join(zmtp.frame(0, request("state", number)) for number in range(500))
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(closing(peer(control))).send(flood)
        assert_others_are_answered(control)


def test_a_client_that_reads_no_answers_gets_no_more_of_them_and_ends(
    control: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else answers of half a megabyte would pile up for as long as it asks."""
    monkeypatch.setattr(connections, "STUCK_SECONDS", 0.5)
    with closing(peer(control)) as hostile:
        hostile.socket.setblocking(False)
        with capture_logs() as lines:
            wait_until(lambda: _send_more(hostile) or any("took no answer in" in str(line) for line in lines))
        assert len(control.handler.done) < 50
    assert_others_are_answered(control)


def _send_more(hostile: RawPeer) -> bool:
    try:
        hostile.socket.send(zmtp.frame(0, request("large", time.monotonic_ns())))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def test_when_too_much_waits_for_all_the_one_with_most_ends(
    control: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So honest ones keep their connection."""
    monkeypatch.setattr(connections, "MAX_UNSENT_BYTES", 1024 * 1024)
    with closing(peer(control)) as hostile, capture_logs() as lines:
        for number in range(8):
            hostile.send(zmtp.frame(0, request("large", number)))
        wait_until(lambda: any("too much waited" in str(line) for line in lines))
    assert_others_are_answered(control)


def test_requests_pings_and_resets_end_nothing_but_their_connection(control: Answering) -> None:
    """The pattern by which a peer aborts a process that reads with libzmq: decision 21."""
    flood = zmtp.frame(0, request("large")) * 4 + zmtp.command(b"PING", b"\x00\x00context") * 500
    for _ in range(20):
        hostile = peer(control)
        hostile.send(flood)
        hostile.reset()
    assert_others_are_answered(control)


def test_a_ping_is_answered_at_once(control: Answering) -> None:
    """While a request takes its time, a client sees by it that ingest lives."""
    with closing(peer(control)) as client:
        client.send(zmtp.frame(0, request("wait")), zmtp.command(b"PING", b"\x00\x00here"))
        assert client.read_frame() == zmtp.command(b"PONG", b"here")


def test_bytes_may_come_one_by_one(control: Answering) -> None:
    """A slow line is no error."""
    with closing(peer(control)) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in zmtp.frame(zmtp.MORE, b"") + zmtp.frame(0, request()):
            client.send_raw(bytes((byte,)))
        assert client.read_frame() == zmtp.frame(zmtp.MORE, b"")
        assert request_id(1).encode() in client.read_frame()
