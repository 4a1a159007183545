"""The demand, counted by connection: pure."""

import pytest

from shared.bus.demand_ledger import (
    MAX_DISTINCT_BYTES,
    MAX_TOPIC_BYTES_IN_ALL,
    MAX_TOPICS,
    ConnectionId,
    DemandLedger,
    TooManySubscriptionsError,
)

ONE, TWO = ConnectionId(7, 70), ConnectionId(8, 80)
TOPIC = b"frame/one/main/"


@pytest.fixture
def closed() -> set[ConnectionId]:
    return set()


@pytest.fixture
def ledger(closed: set[ConnectionId]) -> DemandLedger:
    return DemandLedger(lambda connection: connection not in closed)


def test_the_first_subscription_and_the_end_of_the_last_one_count(ledger: DemandLedger) -> None:
    assert [ledger.subscribe(one, TOPIC) for one in (ONE, ONE, TWO)] == [True, False, False]
    assert [ledger.cancel(one, TOPIC) for one in (ONE, TWO)] == [False, True]


def test_a_connection_can_cancel_only_what_it_subscribed_to(ledger: DemandLedger) -> None:
    ledger.subscribe(ONE, TOPIC)
    assert not ledger.cancel(TWO, TOPIC)
    ledger.subscribe(TWO, TOPIC)
    assert not any(ledger.cancel(TWO, TOPIC) for _ in range(3))
    assert ledger.cancel(ONE, TOPIC)


def test_the_end_of_a_connection_ends_its_own_subscription(ledger: DemandLedger, closed: set[ConnectionId]) -> None:
    ledger.subscribe(ONE, TOPIC)
    ledger.subscribe(TWO, TOPIC)
    closed.add(TWO)
    assert not ledger.end(TOPIC)
    assert not ledger.end(TOPIC), "one connection ends once"
    closed.add(ONE)
    assert ledger.end(TOPIC)
    assert len(ledger) == 0


def test_a_descriptor_that_is_used_again_is_another_connection(ledger: DemandLedger, closed: set[ConnectionId]) -> None:
    """libzmq may tell the new connection's subscription before the end of the old one's."""
    again = ConnectionId(ONE.descriptor, 71)
    ledger.subscribe(ONE, TOPIC)
    closed.add(ONE)
    ledger.subscribe(again, TOPIC)
    assert not ledger.end(TOPIC)
    assert ledger.cancel(again, TOPIC)


def test_a_connection_may_have_so_many_subscriptions_and_no_more(ledger: DemandLedger) -> None:
    for number in range(MAX_TOPICS):
        ledger.subscribe(ONE, b"%d" % number)
    with pytest.raises(TooManySubscriptionsError, match="it had 4096 subscriptions"):
        ledger.subscribe(ONE, b"one more")
    assert ledger.subscribe(TWO, b"another's")


def test_a_connection_may_have_so_many_bytes_of_topics(ledger: DemandLedger) -> None:
    size = 256
    for number in range(MAX_TOPIC_BYTES_IN_ALL // size):
        ledger.subscribe(ONE, b"%256d" % number)
    with pytest.raises(TooManySubscriptionsError, match="bytes"):
        ledger.subscribe(ONE, b"one more")


def test_all_connections_together_have_a_limit_and_a_shared_topic_counts_once(ledger: DemandLedger) -> None:
    size = 256
    for number in range(MAX_DISTINCT_BYTES // size):
        connection = ConnectionId(number // 256, 1)
        assert ledger.subscribe(connection, b"%256d" % number)
    with pytest.raises(TooManySubscriptionsError, match="all subscribers together"):
        ledger.subscribe(TWO, b"one more")
    assert not ledger.subscribe(ConnectionId(99, 1), b"%256d" % 0)


def test_a_hundred_cameras_in_every_size_fit_with_room_to_spare(ledger: DemandLedger) -> None:
    """Twenty replicas of them, each with its own claims of viewers."""
    for replica in range(20):
        connection = ConnectionId(replica, 1)
        for camera in range(100):
            for rendition in ("main", "capture", *map(str, range(1000, 1016))):
                ledger.subscribe(connection, f"frame/camera_{camera}/{rendition}/".encode())
            ledger.subscribe(connection, f"viewers/camera_{camera}/replica-{replica}-0123456789abcdef/123/".encode())
