"""Other servers' addresses lead to ours, under the same rules, when they are switched on."""

import json
from functools import partial

import pytest

from services.stream.api.compatibility import translated
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import VIEWER, basic

SWITCHED_ON = {"compatibility_urls": True}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("/?action=stream", "/api/camera/stream?action=stream"),
        ("/?action=stream&1795363200123", "/api/camera/stream?action=stream&1795363200123"),
        ("/?action=snapshot", "/api/camera/snapshot?action=snapshot"),
        ("/?action=stream_0", "/api/camera/stream?action=stream_0"),
        ("/?action=snapshot_0&x=1", "/api/camera/snapshot?action=snapshot_0&x=1"),
        ("/?action=snapshot_1", "/api/camera/snapshot?action=snapshot_1&camera=gate"),
        ("/?action=stream_2", "/api/camera/stream?action=stream_2&camera=input_2"),
        ("/?action=stream?dummy=param.mjpg", "/api/camera/stream?action=stream?dummy=param.mjpg"),
        ("/?action=snapshot?1795363200", "/api/camera/snapshot?action=snapshot?1795363200"),
        ("/?action=streaming", "/?action=streaming"),
        ("/stream", "/api/camera/stream?"),
        ("/stream/", "/api/camera/stream?"),
        ("/snapshot/", "/api/camera/snapshot?"),
        ("/snapshot?x=1?t=2", "/api/camera/snapshot?x=1%3Ft%3D2"),
        ("/snapshot", "/api/camera/snapshot?"),
        ("/api/stream.mjpeg?src=door", "/api/camera/stream?camera=door"),
        ("/api/frame.jpeg?src=door&width=640", "/api/camera/snapshot?camera=door&width=640"),
        ("/api/door/latest.jpg?h=480", "/api/camera/snapshot?camera=door&h=480"),
        ("/cam.mjpg?camera=door", "/api/camera/stream?camera=door"),
        ("/cam.jpg", "/api/camera/snapshot?"),
        ("/", "/?"),
        ("/?camera=door", "/?camera=door"),
        ("/?action=reboot", "/?action=reboot"),
        ("/api/camera/frames/latest.jpg", "/api/camera/frames/latest.jpg?"),
        ("/api/../latest.jpg", "/api/../latest.jpg?"),
    ],
)
def test_an_address_is_translated(theirs: str, ours: str) -> None:
    """Any other address stays as it is."""
    path, _, query = theirs.partition("?")
    its_path, its_query = translated(path, query.encode(), lambda: ["door", "gate"])
    assert f"{its_path}?{its_query.decode()}" == ours


def test_clients_of_other_servers_are_served(bus: str) -> None:
    """With the very bytes that our own addresses give."""
    with (
        fake_ingest(bus, status_of("cam1", viewer_count=2)) as ingest,
        running_replica(bus, settings=SWITCHED_ON) as replica,
    ):
        wait_until(replica.knows_a_camera, "the camera is known")
        for path in ("/?action=stream", "/stream", "/api/stream.mjpeg?src=cam1", "/cam.mjpg?fps=30?x=1.mjpg"):
            with Viewer(replica.port, path) as viewer:
                ingest.show(frame_of("cam1"))
                wait_until(partial(getattr, viewer, "parts"), f"a picture came from {path}")
        for path in (
            "/?action=snapshot",
            "/?action=snapshot_0",
            "/snapshot",
            "/snapshot/",
            "//snapshot",
            "/api/frame.jpeg?src=cam1",
            "/api/cam1/latest.jpg",
            "/cam.jpg",
            "/cam.jpg?max_age=9?1795363200",
        ):
            status, headers, body = replica.request(path)
            assert (status, headers["content-type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8"), path
        assert replica.request("/api/cam9/latest.jpg")[0] in (404, 503)
        assert replica.request("/")[1]["content-type"].startswith("text/html")
        state = json.loads(replica.request("/state")[2])
        assert state["ok"]
        assert state["result"]["source"] == {
            "resolution": {"width": 64, "height": 48},
            "online": True,
            "desired_fps": 30,
            "captured_fps": 30,
        }
        assert state["result"]["stream"]["clients"] == 2


def their_addresses(replica: Replica) -> set[int]:
    paths = ("/stream", "/snapshot", "/state", "/cam.jpg", "/api/frame.jpeg?src=cam1", "/api/cam1/latest.jpg")
    return {replica.request(path)[0] for path in paths}


def test_they_are_off_unless_switched_on_and_behind_the_same_password(bus: str) -> None:
    """An address that nobody uses is one more to guard."""
    with running_replica(bus) as replica:
        assert their_addresses(replica) == {404}
        assert replica.request("/?action=stream")[1]["content-type"].startswith("text/html")
    with running_replica(bus, settings={**SWITCHED_ON, "viewer_password": VIEWER}) as replica:
        assert their_addresses(replica) == {401}
        assert replica.request("/?action=stream")[0] == 401
        assert replica.request("/state", headers=basic(VIEWER))[0] == 200
