"""What a subscriber sends to ingest's own ZMTP server: whoever reaches the bus may send it, with keys and without."""

from typing import Final

from nacl.bindings import crypto_box_keypair

from fuzz.pieces import in_chunks
from shared.bus.curve_server import CurveServer
from shared.bus.mechanism import PUBLISHER, Mechanism, NullMechanism
from shared.bus.topics import MAX_TOPIC_BYTES
from shared.bus.zmtp import RefusedPeerError, ZmtpError
from shared.bus.zmtp_peer import ZmtpPeer

HANDLED: Final = (ZmtpError,)
_PUBLIC, _SECRET = crypto_box_keypair()


def _refuse(_client_key: bytes) -> None:
    raise RefusedPeerError("nobody has this key")


def read(data: bytes) -> None:
    """The first byte says whether the bus has keys. An answer is never much longer than what asked for it."""
    mechanism: Mechanism = CurveServer(_PUBLIC, _SECRET, _refuse) if data[:1] == b"k" else NullMechanism(PUBLISHER)
    replies: list[bytes] = []
    peer = ZmtpPeer(mechanism, replies.append)
    received = 0
    for chunk in in_chunks(data[1:]):
        received += len(chunk)
        for change in peer.received(chunk):
            assert peer.is_ready
            assert mechanism.is_plain, "a subscription without the right key"
            assert len(change.topic) <= MAX_TOPIC_BYTES
        assert sum(map(len, replies)) <= 64 + 4 * received
