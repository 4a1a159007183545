"""An RTSP connection's bytes: messages, interleaved packets, and garbage after which the next header is looked for."""

from typing import Final

from fuzz.pieces import in_chunks
from services.ingest.sources.rtsp.demultiplexer import MAX_GARBAGE_BYTES, Demultiplexer
from services.ingest.sources.rtsp.message import Message

HANDLED: Final = ()
MAX_BYTES: Final = 6 * 1024
OPENING: Final = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


class _Heard:
    """What the demultiplexer hands on, and that it does so within its promise."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.messages = 0
        self.is_clean = True
        self.has_failed = False

    def take_packet(self, buffer: bytearray, start: int, end: int) -> None:
        assert not self.has_failed
        assert 0 <= start <= end <= len(buffer)
        self.packets.append(bytes(buffer[start:end]))

    def take_message(self, message: Message) -> None:
        assert not self.has_failed
        assert message.status is not None or message.method
        self.messages += 1

    def note_garbage(self) -> None:
        assert not self.has_failed
        self.is_clean = False

    def fail(self) -> None:
        assert not self.has_failed, "a second failure"
        self.has_failed = True


def read(data: bytes) -> None:
    """No more is handed on than arrived. Without garbage it is the same however the reads fall."""
    whole, cut = _heard([OPENING + data[1:]]), _heard([OPENING, *in_chunks(data)])
    for heard in (whole, cut):
        assert sum(map(len, heard.packets)) <= len(data)
    if whole.is_clean and cut.is_clean and not (whole.has_failed or cut.has_failed):
        assert whole.packets == cut.packets
        assert whole.messages == cut.messages


def _heard(chunks: list[bytes]) -> _Heard:
    heard = _Heard()
    demultiplexer = Demultiplexer(heard.take_message, heard.note_garbage, heard.fail)
    demultiplexer.channels = {0: heard.take_packet, 1: heard.take_packet}
    for chunk in chunks:
        rest = chunk
        while rest and not heard.has_failed:
            room = demultiplexer.room()
            assert len(room), "no room, and no failure"
            count = min(len(room), len(rest))
            room[:count] = rest[:count]
            demultiplexer.advance(count)
            rest = rest[count:]
        assert demultiplexer.garbage_bytes <= MAX_GARBAGE_BYTES or heard.has_failed
    demultiplexer.flush()
    return heard
