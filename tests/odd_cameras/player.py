"""Plays a recorded exchange: a camera on loopback that answers each of our requests as the real one did.

Answers come in the recorded order, whatever is asked. What the recording hides of the camera's address becomes the
player's, so lengths of descriptions are put right. Pictures come at the recorded times, or `speed` times as fast.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from services.ingest.recording.recording import Event, Recording
from tests.odd_cameras.camera import PLACE, messages
from tests.support.connections import each_connection

_HIDDEN_PLACE: Final = re.compile(rb"(?<=://)\*+")
_HIDDEN_IP: Final = re.compile(rb"(?<=IN IP4 )\*+")
_LENGTH: Final = re.compile(rb"(?im)^(content-length:[ \t]*)(\d+)")
_CLIENT_PORT: Final = re.compile(r"client_port=(\d+)")
_REQUEST_OR_ANSWER: Final = re.compile(rb"[A-Z]")


class Player:
    """`asked` holds the first line of each request that came."""

    def __init__(self, recording: Recording, speed: float) -> None:
        self.url = ""
        self.asked: list[str] = []
        self._recording = recording
        self._speed = speed
        self._next = iter([number for number, way in enumerate(recording.connections) if way != "udp"])
        self._udp_ports: dict[int, int] = {}
        self._has_ended = threading.Event()

    def end(self) -> None:
        self._has_ended.set()

    def serve(self, connection: socket.socket) -> None:
        """Play the next connection of the recording; one beyond the last is closed at once."""
        number = next(self._next, None)
        if number is None:
            return
        events = [event for event in self._recording.events if self._belongs(event, number)]
        client = messages(connection)
        origin: tuple[float, int] | None = None
        for event in _whole_answers(events, number):
            if event.direction == "sent":
                if event.connection == number and _REQUEST_OR_ANSWER.match(event.data):
                    text = next(client, None)
                    if text is None:
                        return
                    self._take_request(text)
                    origin = None
                continue
            if event.direction == "ended":
                return
            origin = origin or (time.monotonic(), event.milliseconds)
            self._wait_until(origin[0] + (event.milliseconds - origin[1]) / 1000 / self._speed)
            self._send(connection, event, number)
        for _ in client:
            pass  # until the client leaves

    def _belongs(self, event: Event, number: int) -> bool:
        """An RTSP connection's datagrams belong to it, until the next connection."""
        ways = self._recording.connections
        later = next((place for place in range(number + 1, len(ways)) if ways[place] != "udp"), len(ways))
        return event.connection == number or number < event.connection < later

    def _take_request(self, text: str) -> None:
        self.asked.append(text.partition("\r\n")[0])
        if port := _CLIENT_PORT.search(text):
            first = len(self._udp_ports)
            self._udp_ports |= {first: int(port[1]), first + 1: int(port[1]) + 1}

    def _send(self, connection: socket.socket, event: Event, number: int) -> None:
        if event.connection == number:
            connection.sendall(self._placed(event.data))
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(event.data, (PLACE, self._udp_ports[event.connection - number - 1]))

    def _placed(self, data: bytes) -> bytes:
        if not data.startswith((b"RTSP/", b"HTTP/")) or b"*" not in data:
            return data
        place = self.url.partition("://")[2].partition("/")[0].encode()
        head, blank, body = data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        text_bytes = int(length[2]) if length and data.startswith(b"RTSP/") else 0
        text, rest = body[:text_bytes], body[text_bytes:]
        placed = _HIDDEN_IP.sub(b"0.0.0.0", _HIDDEN_PLACE.sub(place, text))
        head = _HIDDEN_PLACE.sub(place, head)
        if len(placed) != len(text):
            head = _LENGTH.sub(rb"\g<1>%d" % len(placed), head)
        return head + blank + placed + rest

    def _wait_until(self, due: float) -> None:
        self._has_ended.wait(max(0.0, due - time.monotonic()))


def _whole_answers(events: list[Event], number: int) -> Iterator[Event]:
    """`events`, with an answer that came in several pieces in one."""
    waiting: Event | None = None
    for event in events:
        if event.connection != number or event.direction != "received":
            yield from filter(None, [waiting])
            waiting = None
            yield event
            continue
        whole = event if waiting is None else Event(waiting.milliseconds, number, "received", waiting.data + event.data)
        waiting = None if _is_whole(whole.data) else whole
        if waiting is None:
            yield whole
    yield from filter(None, [waiting])


def _is_whole(data: bytes) -> bool:
    if not data.startswith(b"RTSP/"):
        return True
    head, blank, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(blank) and len(body) >= (int(length[2]) if length else 0)


@contextmanager
def replayed(recording: Recording, *, speed: float = 1.0) -> Iterator[Player]:
    """The recorded camera, at `url`."""
    player = Player(recording, speed)
    scheme = "http" if "http" in recording.connections else "rtsp"
    with each_connection(player.serve, PLACE) as port:
        player.url = f"{scheme}://{PLACE}:{port}/cam"
        try:
            yield player
        finally:
            player.end()
