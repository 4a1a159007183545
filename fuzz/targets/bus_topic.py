"""Subscriptions and cancellations of several subscribers: whoever reaches the bus may send them."""

from typing import Final

from fuzz.pieces import records_in
from shared.bus.demand_ledger import DemandLedger, TooManySubscriptionsError
from shared.bus.topics import ViewersClaim, can_be_ours

HANDLED: Final = (TooManySubscriptionsError,)


def read(data: bytes) -> None:
    """Nobody's topics outlast the connection, and a claim says what its topic says."""
    ledger = DemandLedger[int]()
    held: dict[int, set[bytes]] = {}
    try:
        for record in records_in(data):
            if record:
                _change(ledger, held, record[0], record[1:])
    finally:
        for connection in tuple(held):
            ledger.end(connection)
        assert len(ledger) == 0
        assert not ledger.is_full


def _change(ledger: DemandLedger[int], held: dict[int, set[bytes]], head: int, topic: bytes) -> None:
    connection, is_wanted = head >> 1, head & 1
    topics = held.setdefault(connection, set())
    if is_wanted:
        ledger.subscribe(connection, topic)
        if can_be_ours(topic):
            topics.add(topic)
    else:
        ledger.cancel(connection, topic)
        topics.discard(topic)
    assert (connection in ledger.receivers(topic)) == any(topic.startswith(prefix) for prefix in topics)
    claim = ViewersClaim.parse(topic)
    if claim is not None and can_be_ours(topic):
        again = ViewersClaim.parse(claim.topic)
        assert again == claim
        assert topic.endswith(f"/{claim.replica}/".encode() + topic.rstrip(b"/").rpartition(b"/")[2] + b"/")
