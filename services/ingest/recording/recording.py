"""The file of a recorded exchange. Pure, but for reading and writing files.

It is gzipped text, a JSON value in each line. The first line is an object:

    {"framecast_recording": 1, "connections": ["rtsp", "udp"], "facts": {"outcome": "…"}}

`connections` says what each connection carries, `facts` holds words for people. Each further line is an event, in the
order of time:

    [milliseconds since the beginning, connection's number from 0, "sent" | "received" | "ended", data in base64]

Directions are as we see them. Of a TCP connection the data of one direction, joined, is what was sent. The borders
between its events mean nothing. An event of UDP is one datagram.
"""

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Final, Self, get_args

from services.ingest.sources.exchange_tap import Direction, Way
from shared.errors import FramecastError

VERSION: Final = 1
MAX_TEXT_BYTES: Final = 16 * 1024 * 1024
"""A file of ours unpacks to less than half. One from elsewhere may be anything."""
_NO_RECORDING: Final = (
    *(OSError, EOFError, zlib.error),  # of gzip
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(RecursionError, OverflowError),  # of lists in lists, and of a number without end
)


class RecordingError(FramecastError):
    """Raised when a file is no recording that this version can read."""


@dataclass(frozen=True, slots=True)
class Event:
    """`milliseconds` count from the recording's beginning, `connection` is an index into the recording's."""

    milliseconds: int
    connection: int
    direction: Direction
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    connections: tuple[Way, ...]
    events: tuple[Event, ...]
    facts: Mapping[str, str]

    def write(self, file: IO[bytes]) -> None:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
            head = {"framecast_recording": VERSION, "connections": self.connections, "facts": dict(self.facts)}
            packed.write(f"{json.dumps(head)}\n".encode())
            for event in self.events:
                row = [event.milliseconds, event.connection, event.direction, b64encode(event.data).decode()]
                packed.write(f"{json.dumps(row)}\n".encode())

    @classmethod
    def read(cls, file: IO[bytes]) -> Self:
        """
        Raises:
            RecordingError: when it is none.
        """
        try:
            with gzip.GzipFile(fileobj=file) as packed:
                text = packed.read(MAX_TEXT_BYTES + 1)
            if len(text) > MAX_TEXT_BYTES:
                raise RecordingError("the recording is too long")
            head, *rows = map(json.loads, text.splitlines())
            if head["framecast_recording"] != VERSION:
                raise RecordingError(f"the recording is of version {head['framecast_recording']}, not {VERSION}")
            connections = tuple(way for way in head["connections"] if way in get_args(Way))
            facts = {str(name): str(words) for name, words in head["facts"].items()}
            return cls(connections, tuple(_event(row, len(connections)) for row in rows), facts)
        except _NO_RECORDING as error:
            raise RecordingError("this is no recording of Framecast's") from error


def _event(row: list[Any], connection_count: int) -> Event:
    milliseconds, connection, direction, data = row
    if direction not in get_args(Direction) or connection not in range(connection_count):
        raise ValueError("no such connection or direction")
    return Event(int(milliseconds), int(connection), direction, b64decode(data, validate=True))
