"""Frames over a WebSocket, with a real client."""

import json
import struct
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from services.stream.api.websocket import WINDOW, _cut, as_message
from services.stream.fanout.picture import Picture
from shared.bus.status import CameraStatus
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

FIRST, SECOND = b"frame/cam1/main/", b"frame/cam2/main/"


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1"), status_of("cam2", is_default=False)]


def opened(replica: Replica, path: str = "/api/cameras/cam1/ws") -> ClientConnection:
    return connect(f"ws://127.0.0.1:{replica.port}{path}", compression=None, proxy=None)


def next_frame(client: ClientConnection, timeout_seconds: float = 5) -> tuple[dict[str, Any], bytes]:
    message = client.recv(timeout_seconds)
    assert isinstance(message, bytes)
    (length,) = struct.unpack(">I", message[:4])
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def nothing_comes(client: ClientConnection) -> bool:
    """Not within the time in which a still picture would be repeated."""
    try:
        client.recv(1.3)
    except TimeoutError:
        return True
    return False


def test_a_message_is_a_header_with_its_length_and_the_picture() -> None:
    """The format that clients are written for."""
    header = b'{"camera":"cam1","captured_at_ms":1795363200123,"live":true}'
    picture = Picture("cam1", b"jpeg", 1_795_363_200_123_456_789, 5.0, live=True)
    assert as_message(picture) == struct.pack(">I", len(header)) + header + b"jpeg"


def test_pictures_come_as_fast_as_they_are_acknowledged(ingest: FakeIngest, replica: Replica) -> None:
    """At most a few are in flight, and after a pause the newest one comes."""
    with opened(replica) as client:
        wait_until(lambda: FIRST in ingest.topics, "the camera is subscribed to")
        for number in range(1, WINDOW + 1):
            frame = frame_of("cam1", number, level=number)
            ingest.show(frame)
            header, jpeg = next_frame(client)
            assert (header["camera"], header["live"], jpeg) == ("cam1", True, frame.jpeg)
        ingest.show(*(frame_of("cam1", 10 + level, level=level) for level in (100, 150, 190)))
        assert nothing_comes(client)
        client.send('{"ack":"cam1"}')
        assert next_frame(client)[1] == frame_of("cam1", level=190).jpeg


def test_one_socket_carries_several_cameras(ingest: FakeIngest, replica: Replica) -> None:
    """Each with its own pace, and each given up by itself."""
    with opened(replica) as client:
        client.send('{"watch":"cam2","fps":10}')
        wait_until(lambda: {FIRST, SECOND} <= ingest.topics, "both are subscribed to")
        ingest.show(frame_of("cam1", level=50), frame_of("cam2", level=90))
        assert {next_frame(client)[0]["camera"] for _ in range(2)} == {"cam1", "cam2"}
        wait_until(lambda: b"viewers/cam2/%s/1/" % replica.hub.replica.encode() in ingest.topics, "it counts")
        client.send('{"unwatch":"cam2"}')
        wait_until(lambda: SECOND not in ingest.topics, "it is given up")
        assert FIRST in ingest.topics
    wait_until(lambda: FIRST not in ingest.topics, "so is the other with its socket")


def test_a_width_and_a_rate_may_come_with_the_address(ingest: FakeIngest, replica: Replica) -> None:
    """As for the stream."""
    with opened(replica, "/api/cameras/cam1/ws?width=32&fps=5&quality=auto"):
        wait_until(lambda: b"frame/cam1/32/" in ingest.topics, "the width is subscribed to")


@pytest.mark.parametrize(
    ("path", "message", "reason"),
    [
        ("/api/cameras/cam1/ws", '{"watch":"cam1","width":33}', "one of those offered: 16, 32"),
        ("/api/cameras/cam1/ws?width=33", None, "one of those offered"),
        ("/api/cameras/cam1/ws", "hello", "Not understood"),
        ("/api/cameras/cam1/ws", '{"what":1}', "Not understood"),
        ("/api/cameras/No%20Key/ws", None, "Not understood"),
        ("/api/cameras/cam1/ws", b"hello", "Not understood: messages are text."),
        ("/api/cameras/cam1/ws", '{"watch":"cam1","width":65501}', "Not understood"),
        ("/api/cameras/cam1/ws?width=" + "9" * 200, None, "Not understood"),
    ],
)
def test_a_request_that_cannot_be_served_closes_the_socket_with_the_reason(
    path: str, message: str | bytes | None, reason: str, replica: Replica
) -> None:
    """In words, with the code for a violated policy."""
    with opened(replica, path) as client:
        if message is not None:
            client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert reason in closed.value.rcvd.reason


def test_a_reason_longer_than_a_socket_takes_is_cut() -> None:
    """A camera may offer 16 widths, and all of them are named."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1", widths=tuple(range(1000, 1016)))), running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        with opened(replica, "/api/cameras/cam1/ws?width=33") as client, pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert "one of those offered: 1000, 1001" in closed.value.rcvd.reason
        assert len(closed.value.rcvd.reason) == 123


@pytest.mark.parametrize("character", ["x", "ü", "€", "😀"])
def test_a_reason_that_is_too_long_is_cut_at_a_character(character: str) -> None:
    """A longer one breaks the connection, and the client would try again for ever."""
    assert _cut(character * 30) == character * 30
    cut = _cut(character * 200)
    assert cut == character * (123 // len(character.encode()))


def test_a_stopping_server_says_so() -> None:
    """The client then knows to try again."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1")), ExitStack() as server:
        replica = server.enter_context(running_replica(bus))
        wait_until(replica.knows_a_camera, "the camera is known")
        with opened(replica) as client:
            wait_until(lambda: replica.hub.viewer_count("cam1") == 1, "it is attached")
            server.close()
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (1001, 1012)
