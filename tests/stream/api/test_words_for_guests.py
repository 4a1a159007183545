"""The holder of a share link is told that there is no picture, but nothing of settings. Viewers are told all of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from websockets.sync.client import connect

from services.stream.base.texts import OWNERS_SETTINGS
from services.stream.fanout.cameras import Problem
from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.status import CameraState
from tests.support.bus import fake_ingest, jpeg_picture, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import PATIENCE, wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, Headers, basic, bearer

SETTING = "CAMERA_FPS is '0' but must be more."
OWNERS, GUESTS = jpeg_picture(40), jpeg_picture(200)
JSON = {"Accept": "application/json"}
LOGIN = status_of("cam1", CameraState.UNAUTHORIZED, last_error=SETTING, notices=(SETTING,))
OFFLINE = status_of("cam1", CameraState.OFFLINE, last_error=SETTING, notices=(SETTING,))


@dataclass(frozen=True)
class Told:
    """A replica whose camera has no picture, and a link to that camera."""

    replica: Replica
    link: dict[str, str]

    def in_words(self, headers: Headers, query: str) -> str:
        status, _, body = self.replica.request(f"/api/cameras/cam1/snapshot{query}", headers=JSON | headers)
        assert status == 503
        return str(json.loads(body)["detail"])

    def status(self, headers: Headers, query: str) -> dict[str, object]:
        status, _, body = self.replica.request(f"/api/cameras/cam1/stream/status{query}", headers=headers)
        assert status == 200
        answer: dict[str, object] = json.loads(body)
        return answer

    @property
    def query(self) -> str:
        return "?" + self.link["stream_url"].partition("?")[2]


@pytest.fixture(params=["login", "offline", "ingest"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """By each problem whose words name a setting."""

    def draw(problem: Problem, *_: object) -> bytes:
        return OWNERS if SETTING in problem.advice else GUESTS

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    bus = f"tcp://127.0.0.1:{free_port()}"
    status = {"login": LOGIN, "offline": OFFLINE, "ingest": status_of("cam1")}[request.param]
    with running_replica(bus, settings=SECRETS) as replica:
        with fake_ingest(bus, status):
            told = Told(replica, _link(replica))
            if request.param != "ingest":
                yield told
                return
        with fake_ingest(bus) as refused:

            def is_heard() -> bool:
                refused.send(encode_report(IngestReport(ingest="a", refusal=SETTING)))
                return SETTING in told.in_words(basic(VIEWER), "")

            wait_until(is_heard, "the refusal is heard")
            yield told


def _link(replica: Replica) -> dict[str, str]:
    headers = {"Content-Type": "application/json", **bearer(VIEWER_TOKEN)}
    wait_until(lambda: b"cam1" in replica.request("/api/devices", headers=headers)[2], "the camera is known")
    answer = replica.request("/api/camera/links", "POST", headers, b'{"camera": "cam1"}')[2]
    link: dict[str, str] = json.loads(answer)
    return link


def test_words_name_the_setting_to_viewers_alone(told: Told) -> None:
    for headers, query, is_told in ((basic(VIEWER), "", True), ({}, told.query, False)):
        assert (SETTING in told.in_words(headers, query)) == is_told
        assert (SETTING in json.dumps(told.status(headers, query))) == is_told
    assert "The camera" in told.in_words({}, told.query) or OWNERS_SETTINGS in told.in_words({}, told.query)


def test_pictures_name_the_setting_to_viewers_alone(told: Told) -> None:
    """Each sees its own, in snapshots, streams and sockets, while the others watch too."""
    assert told.replica.request("/api/cameras/cam1/snapshot", headers=basic(VIEWER))[2] == OWNERS
    assert told.replica.request(told.link["snapshot_url"])[2] == GUESTS
    with (
        Viewer(told.replica.port, "/api/cameras/cam1/stream", headers=basic(VIEWER)) as viewer,
        Viewer(told.replica.port, told.link["stream_url"]) as guest,
        connect(f"ws://127.0.0.1:{told.replica.port}{told.link['websocket_url']}", proxy=None) as socket,
    ):
        seen_twice: Callable[[Viewer], bool] = lambda one: len(one.parts) > 1  # noqa: E731 a name for what is awaited
        wait_until(lambda: seen_twice(viewer) and seen_twice(guest), "each is shown it, and again a second later")
        assert {part.jpeg for part in viewer.parts} == {OWNERS}
        assert {part.jpeg for part in guest.parts} == {GUESTS}
        assert bytes(socket.recv(PATIENCE)).endswith(GUESTS)  # type: ignore[arg-type] # pictures are binary
