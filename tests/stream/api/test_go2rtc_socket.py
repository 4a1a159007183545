"""go2rtc's WebSocket: what its player and Home Assistant's WebRTC card send, answered as far as MJPEG goes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.bus import FakeIngest, frame_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import PATIENCE, wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, basic, bearer

SWITCHED_ON = {"compatibility_urls": True}


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings=SWITCHED_ON) as running:
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def opened(replica: Replica, query: str = "?src=cam1", **more: Any) -> ClientConnection:
    socket: ClientConnection = connect(f"ws://127.0.0.1:{replica.port}/api/ws{query}", proxy=None, **more)
    return socket


def ask(socket: ClientConnection, kind: str) -> None:
    socket.send(json.dumps({"type": kind, "value": "whatever this kind needs"}))


def told(socket: ClientConnection) -> dict[str, str]:
    answer: dict[str, str] = json.loads(socket.recv(5 * PATIENCE))
    return answer


def test_a_player_asks_for_what_it_likes_best_and_then_for_mjpeg(replica: Replica, ingest: FakeIngest) -> None:
    """An error that begins with its first wish is what it waits for. Candidates need no answer."""
    with opened(replica) as socket:
        for kind in ("mse", "webrtc/candidate", "webrtc/offer"):
            ask(socket, kind)
        for kind in ("mse", "webrtc/offer"):
            assert told(socket) == {"type": "error", "value": f"{kind}: This server has MJPEG alone."}
        ask(socket, "mjpeg")
        assert told(socket) == {"type": "mjpeg"}
        wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "stream subscribes")
        for level in (40, 80, 120, 160):  # more than may be without an acknowledgement elsewhere
            frame = frame_of("cam1", level=level)
            ingest.show(frame)
            wait_until(lambda jpeg=frame.jpeg: socket.recv(5 * PATIENCE) == jpeg, "it comes")  # type: ignore[misc]
        assert replica.hub.viewer_count("cam1") == 1
    wait_until(lambda: replica.hub.viewer_count("cam1") == 0, "it has left")


def test_an_unknown_camera_is_told_as_the_player_expects(replica: Replica) -> None:
    wait_until(lambda: replica.request("/api/cameras/cam9/snapshot")[0] == 404, "all cameras are known")
    with opened(replica, "?src=cam9") as socket:
        ask(socket, "mjpeg")
        assert told(socket) == {"type": "mjpeg"}
        assert "There is no camera 'cam9'" in told(socket)["value"]
        with pytest.raises(ConnectionClosed):
            socket.recv(5 * PATIENCE)


def test_nonsense_ends_it_in_words(replica: Replica) -> None:
    with opened(replica) as socket:
        socket.send("[]")
        assert told(socket)["type"] == "error"
        with pytest.raises(ConnectionClosed):
            socket.recv(5 * PATIENCE)


def test_it_is_off_unless_switched_on_and_behind_the_same_password(bus: str, ingest: FakeIngest) -> None:
    """A share link to the camera opens it, as it does the camera's other addresses."""
    assert ingest
    with running_replica(bus) as replica, pytest.raises(InvalidStatus):
        opened(replica)
    with running_replica(bus, settings={**SWITCHED_ON, **SECRETS}) as replica:
        headers = {"Content-Type": "application/json", **bearer(VIEWER_TOKEN)}
        wait_until(lambda: b"cam1" in replica.request("/api/devices", headers=headers)[2], "the camera is known")
        with pytest.raises(InvalidStatus):
            opened(replica)
        link = json.loads(replica.request("/api/camera/links", "POST", headers, b'{"camera": "cam1"}')[2])
        signed = link["websocket_url"].partition("?")[2]
        for query, shown in (("?src=cam1", basic(VIEWER)), (f"?src=cam1&{signed}", {})):
            with opened(replica, query, additional_headers=shown) as socket:
                ask(socket, "mjpeg")
                assert told(socket) == {"type": "mjpeg"}
