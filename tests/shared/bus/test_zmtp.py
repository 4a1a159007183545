"""What a SUB and an XPUB say to each other, byte by byte."""

import pytest

from shared.bus.zmtp import (
    FIRST_ROOM_BYTES,
    GREETING,
    MAX_MESSAGE_BYTES,
    READY,
    Conversation,
    ZmtpError,
    cancel,
    command,
    frame,
    subscribe,
)

XPUB_READY = command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04XPUB\x08Identity\x00\x00\x00\x00")
LARGE = bytes(range(256)) * 4096


class Talk:
    """A conversation, with what it brought and what it answered."""

    def __init__(self, *topics: bytes) -> None:
        self.messages: list[list[bytes]] = []
        self.replies: list[bytes] = []
        self._conversation = Conversation(topics, self.messages.append, self.replies.append)

    def room(self) -> memoryview:
        return self._conversation.room()

    def hear(self, data: bytes, piece_bytes: int = 1 << 20) -> None:
        while data:
            room = self._conversation.room()
            count = min(len(room), piece_bytes, len(data))
            room[:count] = data[:count]
            data = data[count:]
            self._conversation.take(count)


def test_our_words_are_those_of_the_specification() -> None:
    """RFC 37: signature, version 3.1, mechanism, filler; commands and long frames told by their flags."""
    assert bytes.fromhex("ff00000000000000007f 0301 4e554c4c") + bytes(48) == GREETING
    assert bytes.fromhex("0419 055245414459 0b536f636b65742d54797065 00000003 535542") == READY
    assert subscribe(b"a/") == b"\x04\x0c\x09SUBSCRIBEa/"
    assert cancel(b"a/") == b"\x04\x09\x06CANCELa/"
    assert frame(1, bytes(256)) == b"\x03\0\0\0\0\0\0\x01\0" + bytes(256)


@pytest.mark.parametrize("piece_bytes", [1, 2, 7, 64, 1 << 20])
def test_messages_come_whole_however_their_bytes_are_cut(piece_bytes: int) -> None:
    """TCP knows no borders; a part may also be larger than the room at first."""
    data = [LARGE, b"", b"x" * 255, b"x" * 256] if piece_bytes > 2 else [b"", b"x" * 255, b"x" * 256]
    talk = Talk(b"a/", b"b/")
    talk.hear(GREETING + XPUB_READY, piece_bytes)
    assert talk.replies == [READY, subscribe(b"a/") + subscribe(b"b/")]
    talk.hear(b"".join(frame(1, part) for part in data) + frame(0, b"end") + frame(0, b"alone"), piece_bytes)
    assert talk.messages == [[*data, b"end"], [b"alone"]]


def test_the_room_for_a_large_picture_is_given_back() -> None:
    """A replica shows hundreds of small pictures for each large one, and a peer may send one large one for nothing."""
    talk = Talk()
    talk.hear(GREETING + XPUB_READY + frame(0, bytes(8 * 1024 * 1024)) + frame(0, b"small"))
    assert [len(message[0]) for message in talk.messages] == [8 * 1024 * 1024, 5]
    assert len(talk.room()) <= FIRST_ROOM_BYTES


def test_a_ping_is_answered_with_its_own_context() -> None:
    """Otherwise the XPUB takes us for dead and withdraws our subscriptions."""
    talk = Talk()
    talk.hear(GREETING + XPUB_READY + command(b"PING", b"\0\x19context"))
    assert talk.replies[-1] == command(b"PONG", b"context")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no ZeroMQ socket"),
        (GREETING[:10] + b"\x01" + GREETING[11:], "old ZMTP"),
        (GREETING[:12] + b"CURVE".ljust(20, b"\0") + GREETING[32:], "wants keys: it speaks CURVE"),
        (GREETING + frame(0, b"early"), "before its time"),
        (GREETING + XPUB_READY + frame(1, b"") * 9, "without end"),
        (GREETING + XPUB_READY + b"\x02" + (MAX_MESSAGE_BYTES + 1).to_bytes(8, "big"), "a frame of 34603009 bytes"),
        (
            GREETING + XPUB_READY + frame(1, b"x") + b"\x02" + MAX_MESSAGE_BYTES.to_bytes(8, "big"),
            "a frame of 34603008",
        ),
        (GREETING + XPUB_READY + b"\x06" + (4097).to_bytes(8, "big"), "a frame of 4097 bytes"),
        (GREETING + command(b"ERROR", b"\x07no room"), "refuses: no room"),
    ],
)
def test_what_makes_no_sense_ends_the_conversation_in_words(said: bytes, words: str) -> None:
    """They are for the log: a wrong port and missing keys are what people get wrong."""
    with pytest.raises(ZmtpError, match=words):
        Talk().hear(said)


def test_commands_that_are_not_known_are_passed_over() -> None:
    """A later version may have more of them."""
    talk = Talk()
    talk.hear(GREETING + XPUB_READY + command(b"FROBNICATE", b"") + frame(4, b"") + frame(0, b"on"))
    assert talk.messages == [[b"on"]]
