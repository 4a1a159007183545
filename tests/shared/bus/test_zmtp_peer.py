"""ZMTP as ingest speaks it, byte by byte, without a socket."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import zmtp
from shared.bus.mechanism import PUBLISHER, SUBSCRIBER, NullMechanism
from shared.bus.zmtp_peer import MAX_FRAME_BYTES, DemandChange, ZmtpPeer
from shared.bus.zmtp_subscriber import ZmtpSubscriber
from tests.shared.bus.raw_peer import SUB_READY, XPUB_READY

START = zmtp.GREETING + SUB_READY


def new_peer(replies: list[bytes]) -> ZmtpPeer:
    return ZmtpPeer(NullMechanism(PUBLISHER), replies.append)


def test_our_answer_is_the_specifications() -> None:
    assert bytes.fromhex("041a 055245414459 0b536f636b65742d54797065 00000004 58505542") == XPUB_READY


@pytest.mark.parametrize("piece_bytes", [1, 2, 7, 64, 1 << 20])
def test_subscriptions_come_whole_however_their_bytes_are_cut(piece_bytes: int) -> None:
    replies: list[bytes] = []
    peer = new_peer(replies)
    data = START + zmtp.subscribe(b"a" * 256) + zmtp.frame(0, b"\x01b/") + zmtp.cancel(b"") + zmtp.frame(0, b"\x00b/")
    changes = [
        change for at in range(0, len(data), piece_bytes) for change in peer.received(data[at : at + piece_bytes])
    ]
    assert changes == [
        DemandChange(True, b"a" * 256),
        DemandChange(True, b"b/"),
        DemandChange(False, b""),
        DemandChange(False, b"b/"),
    ]
    assert replies == [XPUB_READY]


def test_a_message_goes_out_as_a_subscriber_reads_it() -> None:
    """Both ends of the protocol are ours in stream, so they must agree."""
    messages: list[list[bytes]] = []
    subscriber = ZmtpSubscriber(NullMechanism(SUBSCRIBER), (), messages.append, lambda _: None)
    frames = new_peer([]).frames
    parts: list[bytes | memoryview] = [b"frame/", b"", b"x" * 255, memoryview(b"y" * 256)]
    data = zmtp.GREETING + XPUB_READY + b"".join(frames(parts)) + b"".join(frames([b"alone"]))
    subscriber.free_space()[: len(data)] = data
    subscriber.received(len(data))
    assert messages == [[b"frame/", b"", b"x" * 255, b"y" * 256], [b"alone"]]


@given(st.lists(st.binary(max_size=64) | st.sampled_from([START, zmtp.subscribe(b"a/"), b"\x06", b"\x04\x00"])))
def test_whatever_arrives_it_is_refused_or_kept_small(pieces: list[bytes]) -> None:
    replies: list[bytes] = []
    peer = new_peer(replies)
    with contextlib.suppress(zmtp.ZmtpError):
        for piece in (START, *pieces):
            for change in peer.received(piece):
                assert len(change.topic) <= 256
    assert len(peer._rest) <= MAX_FRAME_BYTES + 9 + len(START)
    assert all(len(reply) <= len(XPUB_READY) for reply in replies)
