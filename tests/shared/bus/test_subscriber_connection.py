"""What waits for one subscriber, over a real pair of sockets, with keys and without."""

import socket
from collections.abc import Iterator

import pytest

from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.mechanism import PUBLISHER, SUBSCRIBER, Mechanism, NullMechanism
from shared.bus.subscriber_connection import OutgoingMessage, SubscriberConnection
from shared.bus.zmtp_subscriber import ZmtpSubscriber
from tests.shared.bus.raw_peer import XPUB_READY
from tests.shared.bus.test_curve_handshake import Pair

LARGE = bytes(4_000_000)
SMALL = [b"%d" % number for number in range(HIGH_WATER_MARK)]


class Ends:
    """Ingest's end of a connection, and the messages that the subscriber's end has read."""

    def __init__(self, ours: Mechanism, theirs: Mechanism) -> None:
        one, self._other = socket.socketpair()
        self._other.setblocking(False)
        self.connection = SubscriberConnection(one, ours)
        self.messages: list[list[bytes]] = []
        self._zmtp = ZmtpSubscriber(theirs, (), self.messages.append, lambda _: None)
        self._zmtp._is_greeted = True
        if theirs.is_ready:
            self._zmtp.is_ready = True
        else:
            self._take(XPUB_READY)

    def _take(self, data: bytes) -> None:
        while data:
            space = self._zmtp.free_space()
            count = min(len(space), len(data))
            space[:count] = data[:count]
            self._zmtp.received(count)
            data = data[count:]

    def read_all(self) -> None:
        """Read until nothing is left, and let the connection send the rest meanwhile."""
        while True:
            try:
                self._take(self._other.recv(1 << 20))
            except BlockingIOError:
                if not self.connection.has_backlog:
                    return
            self.connection.flush()

    def close(self) -> None:
        self.connection.socket.close()
        self._other.close()


@pytest.fixture(params=[False, True], ids=["without keys", "with keys"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    if request.param:
        pair = Pair().shake_hands()
        made = Ends(pair.server, pair.client)
    else:
        made = Ends(NullMechanism(PUBLISHER), NullMechanism(SUBSCRIBER))
    yield made
    made.close()


def test_what_waited_arrives_whole_and_in_order_and_the_rest_is_dropped(ends: Ends) -> None:
    """Small messages behind a large one find room all at once."""
    for part in (LARGE, *SMALL, b"one too many"):
        ends.connection.send(OutgoingMessage([b"topic/", part]))
    ends.connection.send_bytes(b"no PONG now")
    assert ends.connection.waiting_bytes >= len(LARGE) - 1_000_000
    ends.read_all()
    assert ends.messages == [[b"topic/", part] for part in (LARGE, *SMALL)]
    assert ends.connection.waiting_bytes == 0
    ends.connection.send(OutgoingMessage([b"topic/", b"next"]))
    ends.read_all()
    assert ends.messages[-1] == [b"topic/", b"next"]
