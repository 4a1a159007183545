"""What is read from a camera's connection, wherever its bytes are cut: packets, messages and garbage, told apart."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.sources.rtsp.demultiplexer import MAX_GARBAGE_BYTES, Demultiplexer, PacketHandler
from services.ingest.sources.rtsp.message import MAX_MESSAGE_BYTES, Message

RESPONSE = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody"


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet as RFC 2326 puts it between the messages."""
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


def rtp(number: int, size: int = 200) -> bytes:
    """A packet of the video, whose payload has every byte in it, dollars too."""
    return b"\x80\x60" + number.to_bytes(2, "big") + bytes((number + at) % 256 for at in range(size))


class Read:
    """Remembers what was made of a stream of bytes."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []
        self.messages: list[Message] = []
        self.upsets: list[int] = []
        self.failures = 0
        self.demultiplexer = Demultiplexer(self.messages.append, self._upset, self._fail)
        self.demultiplexer.channels = {0: self._taker(0), 1: self._taker(1)}

    def _upset(self) -> None:
        self.upsets.append(len(self.packets))

    def _fail(self) -> None:
        self.failures += 1

    def _taker(self, channel: int) -> PacketHandler:
        return lambda buffer, start, end: self.packets.append((channel, bytes(buffer[start:end])))

    def feed(self, pieces: Iterable[bytes]) -> None:
        """As asyncio does: into the buffer, as much as there is room for."""
        for piece in pieces:
            rest = piece
            while rest and not self.failures:
                room = self.demultiplexer.room()
                count = min(len(room), len(rest))
                assert count, "there is always room"
                room[:count] = rest[:count]
                self.demultiplexer.advance(count)
                rest = rest[count:]

    def numbers(self) -> list[int]:
        return [int.from_bytes(packet[2:4], "big") for _, packet in self.packets]


@pytest.fixture
def read() -> Read:
    return Read()


def pieces(stream: bytes, size: int) -> Iterable[bytes]:
    return (stream[at : at + size] for at in range(0, len(stream), size))


STREAM = interleaved(0, b"first") + RESPONSE + interleaved(1, b"report") + b"\r\n" + interleaved(0, b"") + RESPONSE
SIZES = pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000_000])


@SIZES
def test_packets_and_messages_are_told_apart_wherever_the_bytes_are_cut(read: Read, size: int) -> None:
    """TCP keeps no borders."""
    read.feed(pieces(STREAM, size))
    assert read.packets == [(0, b"first"), (1, b"report"), (0, b"")]
    assert [(message.status, message.cseq, message.body) for message in read.messages] == [(200, 1, b"body")] * 2
    assert (read.failures, read.upsets) == (0, [])


def test_packets_of_unknown_channels_are_passed_over(read: Read) -> None:
    """A camera may send its audio too."""
    read.feed([interleaved(4, rtp(1)) + interleaved(0, b"video")])
    assert read.packets == [(0, b"video")]


def test_more_than_the_buffer_holds_is_read_to_the_end(read: Read) -> None:
    """A key frame of a large camera; `is_full` makes the receiver read on."""
    packets = [bytes([number]) * 60_000 for number in range(12)]
    read.feed([b"".join(interleaved(0, packet) for packet in packets)])
    assert [packet for _, packet in read.packets] == packets


@pytest.mark.parametrize(
    "junk", [b"\0\1\2\3\4\5", b"rtsp/1.0 200 OK", b"RTSP/1.0 200 OK\r\nX: " + b"x" * (MAX_MESSAGE_BYTES + 1)]
)
def test_what_begins_with_garbage_is_no_camera(read: Read, junk: bytes) -> None:
    """It is said once, and memory is bounded: another kind of source may do better."""
    read.feed([junk, junk])
    assert (read.failures, read.messages) == (1, [])


ACCIDENTS = {
    "header missing": lambda packet: packet[4:],
    "cut short": lambda packet: packet[:90],
    "cut in the header": lambda packet: packet[:3],
    "empty lines and text": lambda packet: packet + b"\r\nsome text that belongs nowhere\r\n",
    "zeros": lambda packet: packet + b"\0" * 5000,
    "wrong length": lambda packet: packet[:2] + b"\xff\xff" + packet[4:],
    "dollars": lambda packet: packet + b"$" * 100,
    "an unknown channel": lambda packet: packet + b"$\x77\x01\x00" + b"?" * 99,
}


@SIZES
@pytest.mark.parametrize("accident", ACCIDENTS.values(), ids=ACCIDENTS.keys())
def test_after_an_accident_the_next_sound_packet_is_found(read: Read, accident, size: int) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    """On the same connection, and nothing that comes later is taken for whole without a word of the accident."""
    sound = [interleaved(0, rtp(number)) for number in range(400)]
    sound[5] = accident(sound[5])
    read.feed(pieces(RESPONSE + b"".join(sound) + RESPONSE, size))
    numbers, upsets = read.numbers(), read.upsets
    assert read.failures == 0
    assert numbers[:5] == [0, 1, 2, 3, 4]
    assert set(numbers) >= set(range(345, 400))
    assert len(read.messages) == 2
    assert upsets
    if size == 1_000_000 and "wrong" not in str(accident):
        assert all(packet == rtp(number) for number, (_, packet) in zip(numbers, read.packets, strict=True))


def test_an_answer_amid_garbage_is_found(read: Read) -> None:
    """A description that is longer than it said, and then the next answer."""
    read.feed([RESPONSE + b"a=control:x\r\n", RESPONSE])
    assert [message.body for message in read.messages] == [b"body", b"body"]


def test_garbage_without_end_is_given_up(read: Read) -> None:
    """Bounded in bytes; whatever it is, it is no camera's stream."""
    read.feed([RESPONSE, *([b"?" * 1000] * (MAX_GARBAGE_BYTES // 1000 + 1))])
    assert read.failures == 1


@pytest.mark.parametrize("body", [b"all of it", b"", b"\r\n\r\n"])
def test_an_answer_that_is_shorter_than_it_said_is_taken_when_no_more_arrives(read: Read, body: bytes) -> None:
    """The caller knows when that is."""
    read.feed([b"RTSP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n" + body])
    assert read.messages == []
    read.demultiplexer.flush()
    assert [message.body for message in read.messages] == [body]
    read.feed([RESPONSE])
    assert len(read.messages) == 2


def test_half_a_head_is_no_answer(read: Read) -> None:
    """Its other half may come at any time."""
    read.feed([RESPONSE[:20]])
    read.demultiplexer.flush()
    read.feed([RESPONSE[20:]])
    assert [message.body for message in read.messages] == [b"body"]


Piece = st.one_of(
    st.builds(interleaved, st.sampled_from((0, 1)), st.builds(rtp, st.integers(0, 65_535), st.integers(8, 300))),
    st.just(RESPONSE),
    st.just(b"\r\n"),
)


@settings(max_examples=40)
@given(st.lists(Piece, max_size=12), st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_it_does_not_matter_where_reads_cut_a_stream(pieces: list[bytes], sizes: list[int]) -> None:
    """The kernel cuts as it likes."""
    stream = RESPONSE + b"".join(pieces)
    whole, cut = Read(), Read()
    whole.feed([stream])
    cut.feed(stream[at : at + sizes[at % len(sizes)]] for at in _places(len(stream), sizes))
    assert (cut.packets, cut.messages, cut.upsets, cut.failures) == (whole.packets, whole.messages, [], 0)


def _places(length: int, sizes: list[int]) -> list[int]:
    """Where each read begins."""
    places, at = list[int](), 0
    while at < length:
        places.append(at)
        at += sizes[at % len(sizes)]
    return places
