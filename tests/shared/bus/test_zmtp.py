"""ZMTP byte by byte, without a socket."""

import pytest

from shared.bus.mechanism import SUBSCRIBER, NullMechanism
from shared.bus.zmtp import GREETING, ZmtpError, cancel, command, frame, subscribe
from shared.bus.zmtp_subscriber import FIRST_BUFFER_BYTES, MAX_MESSAGE_BYTES, ZmtpSubscriber
from tests.shared.bus.raw_peer import SUB_READY

XPUB_READY = command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04XPUB\x08Identity\x00\x00\x00\x00")
LARGE = bytes(range(256)) * 4096


class Received:
    """A subscriber's end of a connection, with the messages that arrived and the replies it sent."""

    def __init__(self, *topics: bytes) -> None:
        self.messages: list[list[bytes]] = []
        self.replies: list[bytes] = []
        self._zmtp = ZmtpSubscriber(NullMechanism(SUBSCRIBER), topics, self.messages.append, self.replies.append)

    def free_space(self) -> memoryview:
        return self._zmtp.free_space()

    def feed(self, data: bytes, piece_bytes: int = 1 << 20) -> None:
        while data:
            space = self._zmtp.free_space()
            count = min(len(space), piece_bytes, len(data))
            space[:count] = data[:count]
            data = data[count:]
            self._zmtp.received(count)


def test_our_greeting_and_commands_are_the_specifications() -> None:
    """RFC 37: signature, version 3.1, mechanism, filler; commands and long frames told by their flags."""
    assert bytes.fromhex("ff00000000000000007f 0301 4e554c4c") + bytes(48) == GREETING
    assert bytes.fromhex("0419 055245414459 0b536f636b65742d54797065 00000003 535542") == SUB_READY
    assert subscribe(b"a/") == b"\x04\x0c\x09SUBSCRIBEa/"
    assert cancel(b"a/") == b"\x04\x09\x06CANCELa/"
    assert frame(1, bytes(256)) == b"\x03\0\0\0\0\0\0\x01\0" + bytes(256)


@pytest.mark.parametrize("piece_bytes", [1, 2, 7, 64, 1 << 20])
def test_messages_come_whole_however_their_bytes_are_cut(piece_bytes: int) -> None:
    """TCP keeps no message borders; and a part may be larger than the first buffer."""
    data = [LARGE, b"", b"x" * 255, b"x" * 256] if piece_bytes > 2 else [b"", b"x" * 255, b"x" * 256]
    peer = Received(b"a/", b"b/")
    peer.feed(GREETING + XPUB_READY, piece_bytes)
    assert peer.replies == [SUB_READY, subscribe(b"a/") + subscribe(b"b/")]
    peer.feed(b"".join(frame(1, part) for part in data) + frame(0, b"end") + frame(0, b"alone"), piece_bytes)
    assert peer.messages == [[*data, b"end"], [b"alone"]]


def test_the_buffer_of_a_large_picture_is_released() -> None:
    """A hostile peer sends one large message for nothing, and an honest camera may change its size."""
    peer = Received()
    peer.feed(GREETING + XPUB_READY + frame(0, bytes(8 * 1024 * 1024)) + frame(0, b"small"))
    assert [len(message[0]) for message in peer.messages] == [8 * 1024 * 1024, 5]
    assert len(peer.free_space()) <= FIRST_BUFFER_BYTES


def test_a_ping_is_answered_with_its_own_context() -> None:
    """Otherwise the XPUB closes the connection, and our subscriptions end."""
    peer = Received()
    peer.feed(GREETING + XPUB_READY + command(b"PING", b"\0\x19context"))
    assert peer.replies[-1] == command(b"PONG", b"context")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak ZeroMQ"),
        (GREETING[:10] + b"\x01" + GREETING[11:], "old version of ZMTP"),
        (GREETING[:12] + b"CURVE".ljust(20, b"\0") + GREETING[32:], "needs keys: it speaks CURVE"),
        (GREETING + frame(0, b"early"), "before the handshake"),
        (GREETING + b"\x02" + (4097).to_bytes(8, "big"), "a frame of 4097 bytes"),
        (GREETING + SUB_READY, "publishes nothing"),
        (GREETING + command(b"HELLO", b""), "before the handshake was over"),
        (GREETING + XPUB_READY + frame(1, b"") * 9, "more than 8 parts"),
        (GREETING + XPUB_READY + b"\x02" + (MAX_MESSAGE_BYTES + 1).to_bytes(8, "big"), "a frame of 34603009 bytes"),
        (
            GREETING + XPUB_READY + frame(1, b"x") + b"\x02" + MAX_MESSAGE_BYTES.to_bytes(8, "big"),
            "a frame of 34603008",
        ),
        (GREETING + XPUB_READY + b"\x06" + (4097).to_bytes(8, "big"), "a frame of 4097 bytes"),
        (GREETING + command(b"ERROR", b"\x07no room"), "refuses: no room"),
        (GREETING + command(b"ERROR", b"\x03400"), "refuses: this client's key is not authorized"),
    ],
)
def test_bytes_that_make_no_sense_raise_an_error_that_says_why(said: bytes, words: str) -> None:
    """The log repeats it: a wrong port and missing keys are the usual mistakes."""
    with pytest.raises(ZmtpError, match=words):
        Received().feed(said)


def test_unknown_commands_are_ignored() -> None:
    """A later version of ZMTP may add some."""
    peer = Received()
    peer.feed(GREETING + XPUB_READY + command(b"FROBNICATE", b"") + frame(4, b"") + frame(0, b"on"))
    assert peer.messages == [[b"on"]]
