"""A recording: what passed between us and a camera, with its times; and the file that holds it. Pure."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, Self

from shared.errors import FramecastError

MAX_BYTES: Final = 1024 * 1024
"""Of what passed, in both directions. Small enough for a bug report; some seconds of most cameras."""
_FORMAT: Final = "framecast-recording-1"
Sender = Literal["us", "camera"]


class RecordingError(FramecastError):
    """Raised when a file is no recording."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that passed at once, `seconds` after the beginning. Connections are counted from 0."""

    seconds: float
    connection: int
    sender: Sender
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """`words` says what came of it, each line for itself."""

    scheme: str
    words: tuple[str, ...]
    chunks: tuple[Chunk, ...]

    def encode(self) -> str:
        """Lines of JSON: a head, then one for each chunk."""
        head = {"format": _FORMAT, "scheme": self.scheme, "words": self.words}
        lines = [
            {"seconds": round(chunk.seconds, 3), "connection": chunk.connection, "from": chunk.sender}
            | {"data": b64encode(chunk.data).decode()}
            for chunk in self.chunks
        ]
        return "".join(f"{json.dumps(line)}\n" for line in (head, *lines))

    @classmethod
    def decode(cls, text: str) -> Self:
        """
        Raises:
            RecordingError: when `text` is none.
        """
        try:
            head, *lines = map(json.loads, text.splitlines())
            if head["format"] != _FORMAT:
                raise RecordingError(f"this is no {_FORMAT}")
            chunks = tuple(
                Chunk(line["seconds"], line["connection"], line["from"], b64decode(line["data"])) for line in lines
            )
            return cls(head["scheme"], tuple(head["words"]), chunks)
        except (ValueError, KeyError, TypeError) as error:
            raise RecordingError("this is no recording") from error


def streams_of(chunks: Iterable[Chunk]) -> dict[tuple[int, Sender], bytes]:
    """All that each side sent on each connection."""
    streams: dict[tuple[int, Sender], bytearray] = {}
    for chunk in chunks:
        streams.setdefault((chunk.connection, chunk.sender), bytearray()).extend(chunk.data)
    return {key: bytes(data) for key, data in streams.items()}


def with_streams(chunks: Iterable[Chunk], streams: dict[tuple[int, Sender], bytes]) -> tuple[Chunk, ...]:
    """The chunks with other bytes, each stream as long as before."""
    positions = dict.fromkeys(streams, 0)
    changed = []
    for chunk in chunks:
        key = (chunk.connection, chunk.sender)
        start = positions[key]
        positions[key] = end = start + len(chunk.data)
        changed.append(replace(chunk, data=streams[key][start:end]))
    return tuple(changed)
