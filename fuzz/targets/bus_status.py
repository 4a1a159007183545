"""A message of the bus that says it is a camera's status: whoever reaches the bus may send it."""

from typing import Final

from fuzz.pieces import records_in
from shared.bus.status import decode_status, encode_status
from shared.errors import MessageDecodeError

HANDLED: Final = (MessageDecodeError,)


def read(data: bytes) -> None:
    """A status that is taken can be sent on, and is the same then."""
    status = decode_status(list(records_in(data)))
    assert decode_status(encode_status(status)) == status
