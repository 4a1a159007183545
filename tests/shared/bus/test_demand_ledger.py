"""The demand, counted by connection: pure. A connection is a word here."""

import pytest

from shared.bus.demand_ledger import (
    MAX_DISTINCT_BYTES,
    MAX_TOPIC_BYTES_IN_ALL,
    MAX_TOPICS,
    DemandLedger,
    TooManySubscriptionsError,
)

TOPIC = b"frame/one/main/"


@pytest.fixture
def ledger() -> DemandLedger[str]:
    return DemandLedger()


def long_topic(number: int) -> bytes:
    return b"frame/%0250d" % number


def test_the_first_subscription_and_the_end_of_the_last_one_count(ledger: DemandLedger[str]) -> None:
    assert [ledger.subscribe(one, TOPIC) for one in ("one", "one", "two")] == [True, False, False]
    assert [ledger.cancel(one, TOPIC) for one in ("one", "two")] == [False, True]


def test_a_connection_can_cancel_only_what_it_subscribed_to(ledger: DemandLedger[str]) -> None:
    ledger.subscribe("one", TOPIC)
    assert not ledger.cancel("two", TOPIC)
    ledger.subscribe("two", TOPIC)
    assert not any(ledger.cancel("two", TOPIC) for _ in range(3))
    assert ledger.cancel("one", TOPIC)


def test_the_end_of_a_connection_ends_what_it_alone_subscribed_to(ledger: DemandLedger[str]) -> None:
    ledger.subscribe("one", TOPIC)
    for topic in (TOPIC, b"status/"):
        ledger.subscribe("two", topic)
    assert ledger.end("two") == [b"status/"]
    assert ledger.end("two") == []
    assert ledger.end("one") == [TOPIC]
    assert len(ledger) == 0


def test_a_message_goes_to_those_that_subscribed_to_its_topic_or_a_prefix(ledger: DemandLedger[str]) -> None:
    for connection, topic in (("all", b""), ("frames", b"frame/"), ("one", TOPIC), ("other", b"frame/on2/")):
        ledger.subscribe(connection, topic)
    assert ledger.receivers(TOPIC) == {"all", "frames", "one"}
    assert ledger.receivers(b"status/one/") == {"all"}
    assert ledger.subscribers(b"frame/") == {"frames"}


def test_a_topic_that_no_message_has_is_not_entered(ledger: DemandLedger[str]) -> None:
    assert not any(ledger.subscribe("one", topic) for topic in (b"x/", b"frame/A/", b"frames", b"frame/\0", b"/"))
    assert all(ledger.subscribe("one", topic) for topic in (b"", b"st", b"status/", b"viewers/one/r-1/2/", b"hello/1/"))


def test_a_connection_may_have_so_many_subscriptions_and_no_more(ledger: DemandLedger[str]) -> None:
    for number in range(MAX_TOPICS):
        ledger.subscribe("one", b"frame/%d/" % number)
    with pytest.raises(TooManySubscriptionsError, match="it had 4096 subscriptions"):
        ledger.subscribe("one", b"frame/one-more/")
    assert ledger.subscribe("two", b"frame/another/")


def test_a_connection_may_have_so_many_bytes_of_topics(ledger: DemandLedger[str]) -> None:
    for number in range(MAX_TOPIC_BYTES_IN_ALL // len(long_topic(0))):
        ledger.subscribe("one", long_topic(number))
    with pytest.raises(TooManySubscriptionsError, match="bytes"):
        ledger.subscribe("one", long_topic(999_999))


def test_all_connections_together_have_a_limit_and_a_shared_topic_counts_once(ledger: DemandLedger[str]) -> None:
    for number in range(MAX_DISTINCT_BYTES // len(long_topic(0))):
        ledger.subscribe(f"connection {number // 300}", long_topic(number))
    ledger.subscribe("small", long_topic(0))
    assert not ledger.is_full
    ledger.subscribe("small", long_topic(999_999))
    assert ledger.is_full
    ledger.end(ledger.heaviest())
    assert not ledger.is_full
    assert ledger.subscribers(long_topic(0)) == {"small"}


def test_twenty_replicas_with_a_hundred_cameras_in_every_size_fit(ledger: DemandLedger[str]) -> None:
    """Each has its own claims of viewers."""
    for replica in map(str, range(20)):
        for camera in range(100):
            for rendition in ("main", "capture", *map(str, range(1000, 1016))):
                ledger.subscribe(replica, f"frame/camera_{camera}/{rendition}/".encode())
            ledger.subscribe(replica, f"viewers/camera_{camera}/replica-{replica}-0123456789abcdef/123/".encode())
    assert not ledger.is_full
