"""Snapshots, of cameras that somebody watches and of others."""

import http.client
import io
import threading
import time
from functools import partial

import pytest
from PIL import Image

from services.stream.fanout.cameras import TOO_OLD
from services.stream.fanout.hub import REPEAT_SECONDS
from shared.bus.status import CameraState
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica
from tests.support.waiting import PATIENCE, wait_until

FRAMES, SMALL = frame_topic("cam1", "main"), frame_topic("cam1", "32")
DOWN = status_of("cam1", CameraState.UNAUTHORIZED, last_error="Check CAMERA_RTSP_PASSWORD.")
SNAPSHOT = "/api/camera/snapshot"
JSON = {"Accept": "application/json"}


def size_of(jpeg: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(jpeg), formats=["JPEG"]).size


def shown_on_demand(
    ingest: FakeIngest, topic: bytes, rendition: str = "main", jpeg: bytes | None = None
) -> threading.Thread:
    """A thread that shows one frame of the rendition as soon as somebody subscribes to it."""
    frame = frame_of("cam1", rendition=rendition)

    def show() -> None:
        wait_until(lambda: topic in ingest.topics, "it is subscribed to")
        ingest.show(frame._replace(jpeg=jpeg or frame.jpeg))

    thread = threading.Thread(target=show)
    thread.start()
    return thread


def test_a_snapshot_with_nobody_watching_subscribes_waits_and_lingers(replica: Replica, ingest: FakeIngest) -> None:
    """A poller's next one finds the feed still warm, and its picture fresh."""
    answers: list[tuple[int, dict[str, str], bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(replica.request(SNAPSHOT)))
    asking.start()
    wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
    frame = frame_of("cam1")
    ingest.show(frame)
    asking.join(5 * PATIENCE)
    status, headers, body = answers[0]
    assert (status, headers["content-type"], body) == (200, "image/jpeg", frame.jpeg)
    assert headers["x-live"] == "1"
    assert float(headers["x-frame-age"]) < 1
    assert replica.request("/api/cameras/cam1/snapshot")[2] == frame.jpeg
    assert FRAMES in ingest.topics
    status, _, body = replica.request(f"{SNAPSHOT}?max_age=0.0001", headers=JSON)
    assert status == 503
    assert b"max_age" in body


def test_a_camera_that_is_down_is_503_whose_body_is_a_marked_picture(replica: Replica, ingest: FakeIngest) -> None:
    """Home Assistant, an <img> and wget show or keep whatever body there is; a program that looks sees the status."""
    ingest.say(DOWN)
    wait_until(lambda: replica.request(SNAPSHOT)[0] == 503, "it is refused")
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "image/avif,image/webp,*/*;q=0.8"}, {"Accept": "image/jpeg"}):
        _, headers, body = replica.request(SNAPSHOT, headers=accept)
        assert (headers["content-type"], headers["x-live"], headers["retry-after"]) == ("image/jpeg", "0", "1")
        assert headers["vary"] == "Accept"
        assert size_of(body) == (64, 48)
    status, headers, body = replica.request(SNAPSHOT, "HEAD")
    assert (status, headers["content-type"], body) == (503, "image/jpeg", b"")
    status, headers, body = replica.request(f"{SNAPSHOT}?stand_in=1", headers=JSON)
    assert (status, headers["content-type"], headers["x-live"]) == (200, "image/jpeg", "0")
    assert size_of(body) == (64, 48)


@pytest.mark.parametrize(("query", "headers"), [("", JSON), ("?stand_in=none", {})])
def test_whoever_prefers_words_gets_the_reason_in_json(
    replica: Replica, ingest: FakeIngest, query: str, headers: dict[str, str]
) -> None:
    """By Accept, or by the address, for scripts that can't set a header."""
    ingest.say(DOWN)
    wait_until(lambda: replica.request(SNAPSHOT)[0] == 503, "it is refused")
    status, answered, body = replica.request(SNAPSHOT + query, headers=headers)
    assert (status, answered["content-type"]) == (503, "application/json")
    assert b"refused the login. Check CAMERA_RTSP_PASSWORD." in body


def test_a_marked_picture_is_drawn_once_however_many_ask(
    replica: Replica, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawing takes 20 ms of a core: a poller of a camera that is down must not cost that each time."""
    drawn: list[object] = []
    jpeg = frame_of("cam1").jpeg

    def draw(problem: object, *_: object) -> bytes:
        drawn.append(problem)
        return jpeg

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    ingest.say(DOWN)
    wait_until(lambda: replica.request(SNAPSHOT)[0] == 503, "it is refused")
    before = len(drawn)
    for _ in range(20):
        assert replica.request(SNAPSHOT)[2] == jpeg
    assert len(drawn) - before <= 1


def test_a_picture_that_is_too_old_for_one_request_is_said_to_be_and_drawn_once(
    replica: Replica, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera sends on, and everybody else sees it. A poller with a `max_age` below its period costs one drawing."""
    drawn: list[tuple[object, object]] = []
    jpeg = frame_of("cam1", level=250).jpeg

    def draw(problem: object, _size: object, last_jpeg: object, *_: object) -> bytes:
        drawn.append((problem, last_jpeg))
        return jpeg

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    with Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        before = list(drawn)
        for sequence in range(5):
            frame = frame_of("cam1", sequence, level=40 * sequence)
            ingest.show(frame)
            wait_until(lambda: viewer.parts and viewer.parts[-1].jpeg == frame.jpeg, "it is shown")  # noqa: B023 at once
            status, headers, body = replica.request(f"{SNAPSHOT}?max_age=0.0001")
            assert (status, headers["x-live"], body) == (503, "0", jpeg)
            assert replica.request(f"{SNAPSHOT}?max_age=0.0001&stand_in=1")[0] == 200
            assert replica.request(SNAPSHOT)[2] == frame.jpeg
        shown = [part.jpeg for part in viewer.parts]
        assert jpeg not in shown[shown.index(frame_of("cam1", level=0).jpeg) :], "no viewer saw it"
    assert drawn[len(before) :] == [(TOO_OLD, None)]


def test_before_any_camera_is_known_there_is_a_marked_picture_too(lonely_replica: Replica) -> None:
    """Whoever shows it reads what is the matter."""
    for path in (SNAPSHOT, "/api/cameras/cam1/snapshot"):
        status, headers, body = lonely_replica.request(path)
        assert (status, headers["content-type"]) == (503, "image/jpeg")
        assert size_of(body) == (1280, 720)


def test_an_unknown_camera_is_no_picture(replica: Replica) -> None:
    """It will not come: the address is wrong."""
    wait_until(lambda: replica.request("/api/cameras/cam9/snapshot")[0] == 404, "all cameras are known")
    assert replica.request("/api/cameras/cam9/snapshot?stand_in=1")[1]["content-type"] == "application/json"


@pytest.mark.parametrize("query", ["width=32", "w=20", "h=20", "w=17&h=23", "width=32?dummy=param.mjpg"])
def test_a_snapshot_has_the_size_that_is_asked_for(replica: Replica, ingest: FakeIngest, query: str) -> None:
    """By our name, which must be an offered width, and by other servers' names, for which a larger size will do.

    What a client adds behind a second `?` is left out.
    """
    showing = shown_on_demand(ingest, SMALL, "32")
    status, _, body = replica.request(f"{SNAPSHOT}?{query}")
    showing.join(5)
    assert (status, size_of(body)) == (200, (32, 24))
    assert FRAMES not in ingest.topics


def test_only_offered_widths_are_scaled_to(replica: Replica, ingest: FakeIngest) -> None:
    """Each width costs ingest an encoding of every frame; a larger one than the camera's is the camera's own."""
    status, _, body = replica.request(f"{SNAPSHOT}?width=33")
    assert status == 422
    assert b"16, 32" in body
    showing = shown_on_demand(ingest, FRAMES)
    assert size_of(replica.request(f"{SNAPSHOT}?h=1080")[2]) == (64, 48)
    showing.join(5)


def test_a_lower_quality_makes_a_smaller_file(replica: Replica, ingest: FakeIngest) -> None:
    """For a notification over a bad network."""
    noise = io.BytesIO()
    Image.effect_noise((64, 48), 90).convert("RGB").save(noise, "JPEG", quality=90)
    showing = shown_on_demand(ingest, FRAMES, jpeg=noise.getvalue())
    whole = replica.request(SNAPSHOT)[2]
    showing.join(5)
    assert whole == noise.getvalue()
    small = replica.request(f"{SNAPSHOT}?quality=20")[2]
    assert size_of(small) == (64, 48)
    assert len(small) < len(whole) / 2
    assert replica.request(f"{SNAPSHOT}?quality=15")[2] == small
    assert replica.request(f"{SNAPSHOT}?quality=0")[0] == 422


def test_a_poller_without_a_pause_gets_each_picture_once(replica: Replica, ingest: FakeIngest) -> None:
    """go2rtc asked 1,300 times a second, for 30 pictures. After a second without a newer one it gets the same."""
    showing = shown_on_demand(ingest, FRAMES)
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    bodies: list[bytes] = []

    def poll(times: int) -> None:
        for _ in range(times):
            connection.request("GET", SNAPSHOT)
            bodies.append(connection.getresponse().read())

    poll(1)
    showing.join(5)
    polling = threading.Thread(target=poll, args=(4,))
    polling.start()
    for level in (10, 20, 30):
        before = len(bodies)
        ingest.show(frame_of("cam1", level=level))
        wait_until(partial(lambda known: len(bodies) > known, before), "it got the newer one")
    begun_at = time.monotonic()
    polling.join(20)
    assert time.monotonic() - begun_at > REPEAT_SECONDS / 2
    assert len(set(bodies)) == 4
    assert bodies[-1] == bodies[-2]
    connection.close()
