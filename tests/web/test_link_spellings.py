"""A share link opens its camera in every spelling of its addresses, no other one, and a small page."""

from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from services.stream.api.compatibility import STREAM
from services.stream.api.websocket import TRY_AGAIN_LATER
from services.stream.base import texts
from shared.bus.status import CameraStatus
from shared.web.access.share_links import ShareLink
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, FakeTime
from tests.web.test_guard import link_to, reason_of_the_end

LINK = ShareLink.to_camera("cam2", 10)
SETTINGS = {**SECRETS, "compatibility_urls": True}
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1"), status_of("cam2", is_default=False, name="<b>Gate</b>")]


@pytest.mark.parametrize(
    ("path", "query", "opens"),
    [
        ("/api/cameras/cam2/stream", b"", True),
        (STREAM, b"camera=cam2", True),
        (STREAM, b"", True),
        ("/api/camera/snapshot", b"camera=cam2&width=640", True),
        ("/api/camera/stream/status", b"", True),
        ("/", b"camera=cam2", True),
        ("/", b"", True),
        (STREAM, b"camera=cam1", False),
        (STREAM, b"camera=cam2&camera=cam1", False),
        (STREAM, b"camera=", False),
        ("/", b"camera=cam1", False),
        ("/api/cameras/cam1/stream", b"", False),
        ("/api/cameras/cam22/stream", b"", False),
        ("/api/camera/frames", b"camera=cam2", False),
        ("/api/camera", b"", False),
        ("/status", b"", False),
    ],
)
def test_which_addresses_a_link_opens(path: str, query: bytes, opens: bool) -> None:
    """An address without a camera means the link's, and never the default one."""
    assert LINK.opens(path, query) is opens


def test_a_link_of_a_frame_opens_no_camera() -> None:
    """Nor the page of all."""
    link = ShareLink.to_frame(7, 10)
    assert not any(link.opens(path) for path in ("/", STREAM, "/api/camera/snapshot", "/api/cameras/7/stream"))


def test_every_spelling_shows_the_links_camera(bus: str, ingest: FakeIngest) -> None:
    """Also other servers' addresses, and those of the default camera, which is another one."""
    with running_replica(bus, settings=SETTINGS) as replica:
        signed = link_to(replica, 60, "cam2")["stream_url"].partition("?")[2]
        for path in (
            "/api/camera/stream?",
            "/api/camera/stream?camera=cam2&",
            "/?action=stream&",
            "/stream?",
            "/cam.mjpg?",
        ):
            with Viewer(replica.port, path + signed) as viewer:
                wait_until(lambda: replica.hub.viewer_count("cam2") == 1, f"{path} shows it")
                frame = frame_of("cam2", level=77)
                ingest.show(frame)
                wait_until(lambda: viewer.parts, "a picture came")
                assert viewer.parts[-1].jpeg == frame.jpeg
            wait_until(lambda: replica.hub.viewer_total == 0, "it has left")
        assert b'"cam2"' in replica.request(f"/api/camera/stream/status?{signed}")[2]
        for path in ("/api/camera/stream?camera=cam1&", "/api/devices?", "/status?", "/state?", "/?camera=cam1&"):
            assert replica.request(path + signed)[0] == 401, path


@pytest.mark.parametrize("base", ["", "/cameras"])
def test_a_socket_takes_a_link_in_every_spelling_of_its_address(bus: str, ingest: FakeIngest, base: str) -> None:
    """Without a camera in the address it is the link's; the default one is another."""
    assert ingest
    with running_replica(bus, settings={**SETTINGS, "base_path": base}) as replica:
        signed = link_to(replica, 60, "cam2")["websocket_url"].partition("?")[2]
        for path in (
            "/api/cameras/cam2/ws?",
            "/api/cameras/cam2/ws/?",
            "/api/cameras/cam2/ws?camera=cam2&",
            "//api/cameras/cam2//ws?",
            "/api/camera/ws?",
            "/api/camera/ws/?",
            "/api/camera/ws?camera=cam2&",
            "/api/camera/ws?width=32&fps=5&",
        ):
            with connect(f"ws://127.0.0.1:{replica.port}{base}{path}{signed}", proxy=None) as client:
                wait_until(lambda: replica.hub.viewer_count("cam2") == 1, f"{path} shows it")
                client.send('{"watch": "cam1"}')
                assert "one camera" in reason_of_the_end(client)
            wait_until(lambda: replica.hub.viewer_total == 0, "it has left")
        for path in ("/api/camera/ws?camera=cam1&", "/api/cameras/cam1/ws?", "/api/camera/ws?camera=&"):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://127.0.0.1:{replica.port}{base}{path}{signed}", proxy=None, open_timeout=20).__enter__()
            assert refused.value.response.status_code == 401, path


def test_a_socket_may_leave_the_camera_to_the_default(bus: str, ingest: FakeIngest) -> None:
    """As streams and snapshots may."""
    assert ingest
    with running_replica(bus) as replica:
        wait_until(lambda: replica.known_cameras() == {"cam1", "cam2"}, "both are known")
        for query, key in (("", "cam1"), ("?camera=cam2", "cam2"), ("?width=32", "cam1")):
            with connect(f"ws://127.0.0.1:{replica.port}/api/camera/ws{query}", proxy=None):
                wait_until(lambda key=key: replica.hub.viewer_count(key) == 1, f"{key} is shown")  # type: ignore[misc]
            wait_until(lambda: replica.hub.viewer_total == 0, "it has left")
    with (
        running_replica(f"tcp://127.0.0.1:{free_port()}") as alone,
        connect(f"ws://127.0.0.1:{alone.port}/api/camera/ws", proxy=None) as client,
    ):
        assert reason_of_the_end(client) == texts.CAMERAS_NOT_KNOWN_YET
        assert client.close_code == TRY_AGAIN_LATER


def test_a_link_opens_a_page_with_name_and_end_and_says_when_it_has_ended(bus: str, ingest: FakeIngest) -> None:
    """For people: it needs no login, and leads nowhere else."""
    assert ingest
    time = FakeTime()
    with running_replica(bus, settings=SETTINGS, clock=time.clock) as replica:
        page_url = link_to(replica, 60, "cam2")["page_url"]
        assert page_url.startswith("/shared?link=")
        for path in (page_url, page_url.replace("/shared?", "/?camera=cam2&")):
            status, headers, body = replica.request(path, headers=PAGE)
            assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8"), path
            assert b"&lt;b&gt;Gate&lt;/b&gt;" in body
            assert b"This link ends 2026-11-22 16:01 UTC." in body
            assert b'<html data-zone="UTC" ' in body, "its script uses the same clock"
            assert b'<meta http-equiv="refresh" content="61;url=shared?link=' in body
            assert b'<camera-feed camera="cam2" link="' in body
            assert "default-src 'none'" in headers["content-security-policy"]
        for file in ("/camera-feed.js", "/link.js", "/link.css", "/server.js", "/framecast.css", "/old-browser.js"):
            assert replica.request(file)[0] == 200, file
        time.seconds += 61
        status, _, body = replica.request(page_url, headers=PAGE)
        assert status == 401
        assert b"This link has ended" in body
        assert b"camera-feed camera" not in body
        assert replica.request("/shared?link=nonsense", headers=PAGE)[0] == 401
        assert replica.request("/shared", headers=PAGE)[0] == 401


def test_without_passwords_the_page_of_a_link_is_the_usual_one(bus: str, ingest: FakeIngest) -> None:
    """There is nothing to end."""
    assert ingest
    with running_replica(bus) as replica:
        page_url = link_to(replica, 60, "cam2")["page_url"]
        assert urlsplit(page_url) == urlsplit("/?camera=cam2")
