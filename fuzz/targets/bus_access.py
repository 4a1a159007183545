"""A message of the bus that says it is the owner's decisions, or a report of an ingest: anybody there may send one."""

from typing import Final

from fuzz.pieces import records_in
from shared.bus.access_state import decode_access, encode_access
from shared.bus.ingest_report import decode_report, encode_report
from shared.clock import Clock
from shared.errors import MessageDecodeError
from shared.web.access.access_book import AccessBook

HANDLED: Final = (MessageDecodeError,)
NOW: Final = 1_795_000_000
_CLOCK: Final = Clock(utc_ns=lambda: NOW * 10**9, monotonic=lambda: 0.0, boot_ns=lambda: 0)


def read(data: bytes) -> None:
    """The first byte says which of them it is. What is taken can be sent on, and is the same then. A book takes any
    state, and can tell when each record ends.
    """
    parts = list(records_in(data[1:]))
    if data[:1] == b"r":
        report = decode_report(parts)
        assert decode_report(encode_report(report)) == report
        return
    state = decode_access(parts)
    assert decode_access(encode_access(state)) == state
    book = AccessBook(_CLOCK)
    book.take(state)
    assert book.mark == (state.state, state.number)
    for record in state.records:
        assert (book.local_end(record.ends_at) is None) == (record.ends_at is None)
    assert book.closed == state.closed
