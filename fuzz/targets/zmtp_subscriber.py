"""What stands at the bus's address sends to stream and the archiver: it may be anything."""

from typing import Final

from fuzz.pieces import in_chunks
from shared.bus.curve import ClientKeys, new_secret_key, public_key
from shared.bus.curve_client import CurveClient
from shared.bus.mechanism import SUBSCRIBER, Mechanism, NullMechanism
from shared.bus.zmtp import ZmtpError
from shared.bus.zmtp_subscriber import MAX_MESSAGE_BYTES, MAX_PARTS, ZmtpSubscriber

HANDLED: Final = (ZmtpError,)
_KEYS: Final = ClientKeys(public_key(new_secret_key()), new_secret_key())


def read(data: bytes) -> None:
    """The first byte says whether we have keys. A message has no more parts and bytes than are allowed."""
    replies: list[bytes] = []
    messages: list[list[bytes]] = []
    mechanism: Mechanism = CurveClient(_KEYS) if data[:1] == b"k" else NullMechanism(SUBSCRIBER)
    subscriber = ZmtpSubscriber(mechanism, [b"status/"], messages.append, replies.append)
    received = 0
    for chunk in in_chunks(data[1:]):
        subscriber.free_space()[: len(chunk)] = chunk
        subscriber.received(len(chunk))
        received += len(chunk)
        assert sum(map(len, replies)) <= 400 + 2 * received
    for message in messages:
        assert mechanism.is_plain, "a message from a bus without the right key"
        assert len(message) <= MAX_PARTS
        assert sum(map(len, message)) <= MAX_MESSAGE_BYTES
    subscriber.release()
