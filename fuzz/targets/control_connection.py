"""The bytes of a control connection, at both ends: whoever reaches the address, or stands there, may send any."""

from typing import Final

from nacl.bindings import crypto_box_keypair

from fuzz.pieces import in_chunks
from shared.bus.curve_server import CurveServer
from shared.bus.mechanism import REQUESTER, RESPONDER, Mechanism, NullMechanism
from shared.bus.zmtp import RefusedPeerError, ZmtpError
from shared.control.messages import MAX_REQUEST_BYTES
from shared.control.zmtp_messages import MAX_ENVELOPE_BYTES, MAX_PARTS, ZmtpMessages

HANDLED: Final = (ZmtpError,)
_PUBLIC, _SECRET = crypto_box_keypair()


def _refuse(_client_key: bytes) -> None:
    raise RefusedPeerError("nobody has this key")


def _mechanism(kind: bytes) -> Mechanism:
    if kind == b"k":
        return CurveServer(_PUBLIC, _SECRET, _refuse, RESPONDER)
    return NullMechanism(REQUESTER if kind == b"c" else RESPONDER)


def read(data: bytes) -> None:
    """The first byte says which end reads: a client, or ingest with keys or without. A reply is never much longer than
    what caused it, and a message never larger than it may be.
    """
    mechanism = _mechanism(data[:1])
    replies: list[bytes] = []
    zmtp = ZmtpMessages(mechanism, MAX_REQUEST_BYTES, replies.append)
    received = 0
    for chunk in in_chunks(data[1:]):
        received += len(chunk)
        for parts in zmtp.received(chunk):
            assert zmtp.is_ready
            assert data[:1] != b"k", "a message without the right key"
            assert 1 <= len(parts) <= MAX_PARTS
            assert sum(map(len, parts)) <= MAX_REQUEST_BYTES + MAX_ENVELOPE_BYTES + 64
        assert sum(map(len, replies)) <= 64 + 4 * received
