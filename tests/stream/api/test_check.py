"""`/api/check`: what a replica gathers for the check-up, and that a camera is really tried."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.status import CameraState
from tests.support.bus import fake_ingest, status_of
from tests.support.other_server import Given, other_server
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, VIEWER_TOKEN, bearer
from tests.web.test_matrix import filming

CHECK = "/api/check"
SIGNING = "a secret of the signatures"
AWAY = "The archive can't be reached. Check that the archiver runs, and ARCHIVER_URL."


@pytest.fixture
def bus() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@contextmanager
def checked(bus: str, **settings: object) -> Iterator[Replica]:
    """A replica that knows a camera."""
    with running_replica(bus, settings={"bus_connect": bus, **settings}) as replica:
        wait_until(replica.hub.cameras.in_order, "the camera is known")
        yield replica


def found(replica: Replica, weight: str, about: str) -> list[dict[str, Any]]:
    status, answer = replica.json(CHECK)
    assert status == 200, answer
    return [each for each in answer["findings"] if (each["weight"], each["about"]) == (weight, about)]


def test_a_camera_is_tried_as_a_viewer_would(bus: str) -> None:
    """Its first picture is timed. The archiver is away, which is told in the words of everywhere else."""
    with fake_ingest(bus, status_of("cam1", name="Garden", codec="h264")) as ingest, checked(bus) as replica:
        with filming(ingest):
            status, answer = replica.json(CHECK)
        assert status == 200
        assert (answer["role"], answer["is_well"]) == ("operator", False)
        assert answer["findings"][0] == {"weight": "wrong", "about": "Archive", "text": AWAY, "advice": ""}
        (camera,) = (each for each in answer["findings"] if each["about"] == "Camera Garden")
    assert camera["weight"] == "well"
    assert camera["text"].startswith("It gives pictures: 64 x 48, 30 pictures a second, H264, the first picture after ")


def test_a_camera_that_counts_as_live_and_gives_no_picture_is_wrong(bus: str) -> None:
    """Only a trial finds that. Meanwhile nobody else has everything tried, too."""
    with fake_ingest(bus, status_of("cam1", name="Garden")) as ingest, checked(bus) as replica:
        answers: list[dict[str, Any]] = []
        trying = threading.Thread(target=lambda: answers.append(replica.json(CHECK)[1]))
        trying.start()
        wait_until(lambda: any(topic.startswith(b"frame/cam1/") for topic in ingest.topics), "the camera is tried")
        status, headers, body = replica.request(CHECK)
        trying.join(60)
    assert (status, headers["retry-after"]) == (429, "5")
    assert b"Another check-up is under way" in body
    (camera,) = (each for each in answers[0]["findings"] if each["about"] == "Camera Garden")
    assert (camera["weight"], camera["text"]) == (
        "wrong",
        "The camera counts as connected, but a viewer got no picture in time.",
    )
    assert "GOP" in camera["advice"]


def test_what_a_camera_and_its_clock_say_is_told(bus: str) -> None:
    """The reason, what to do, and each notice."""
    down = status_of("cam1", CameraState.UNAUTHORIZED, name="Garden", last_error="Check the password.")
    late = status_of("cam2", CameraState.CONNECTING, name="Shed", notices=("It is slow.",), is_default=False, order=1)
    sent_at_ns = late.sent_at_ns
    late = late.model_copy(update={"camera_utc_ns": sent_at_ns + 3600 * 10**9})
    with fake_ingest(bus, down, late), checked(bus) as replica:
        wait_until(lambda: len(replica.hub.cameras.in_order()) == 2, "both are known")
        assert (
            found(replica, "wrong", "Camera Garden")[0]["text"] == "The camera refused the login. Check the password."
        )
        doubts = found(replica, "doubt", "Camera Shed")
        assert [each["text"] for each in doubts] == [
            "Connecting to the camera.",
            "It is slow.",
            "The camera's clock is 60 minutes ahead of that of ingest's computer.",
        ]


def test_an_ingest_that_refuses_a_setting_is_told_once(bus: str) -> None:
    """And not for each of its cameras."""
    with fake_ingest(bus, status_of("cam1")) as ingest, checked(bus) as replica:
        ingest.send(encode_report(IngestReport(ingest="one", refusal="CAMERA_FPS is '…' but must be a number.")))
        wait_until(lambda: replica.hub.refusal, "the refusal is heard")
        (finding,) = found(replica, "wrong", "Ingest")
        assert finding["text"].startswith("A setting of ingest can't be used: CAMERA_FPS")


def test_nothing_secret_is_told_and_a_viewer_may_look(bus: str) -> None:
    """Secrets are set wherever there are some; nobody gets in without one."""
    with (
        fake_ingest(bus, status_of("cam1", CameraState.OFFLINE, last_error="It is off.")),
        checked(bus, **SECRETS, access_secret=SIGNING) as replica,
    ):
        assert replica.request(CHECK)[0] == 401
        for token, role in ((VIEWER_TOKEN, "viewer"), (OPERATOR_TOKEN, "operator")):
            status, _, body = replica.request(CHECK, headers=bearer(token))
            assert status == 200
            assert f'"role":"{role}"'.encode() in body
            assert b"A password is needed." in body
            assert not [secret for secret in (*SECRETS.values(), SIGNING) if secret.encode() in body]
            assert (b"You look as a viewer" in body) is (role == "viewer")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<h1>Hello</h1>"), "What answers at ARCHIVER_URL is no archiver of this version"),
        ((200, {}, b'{"version": "1"}'), "What answers at ARCHIVER_URL is no archiver of this version"),
        ((404, {}, b"none"), "The archive answers with status 404."),
        ((401, {}, b'{"detail": "Log in."}'), "The archive refuses your login, which this server takes"),
        ((503, {}, b'{"detail": "It starts."}'), "It starts."),
    ],
)
def test_an_archiver_that_is_none_is_told(answer: Given, words: str, bus: str) -> None:
    """ARCHIVER_URL may lead to anything."""
    with (
        fake_ingest(bus, status_of("cam1", CameraState.OFFLINE, last_error="It is off.")),
        other_server({}, answer) as other,
        checked(bus, archiver_url=other) as replica,
    ):
        (finding,) = found(replica, "wrong", "Archive")
    assert finding["text"].startswith(words)


def test_a_picture_that_is_there_already_takes_no_time(bus: str) -> None:
    """Somebody watches: a viewer that comes has it at once."""
    with fake_ingest(bus, status_of("cam1")) as ingest, checked(bus) as replica, filming(ingest):
        wait_until(lambda: replica.request("/api/cameras/cam1/snapshot")[0] == 200, "a picture is there")
        (camera,) = found(replica, "well", "Camera Cam1")
    assert camera["text"].endswith("the first picture after 0.0 s.")
