"""What a replica tells about itself and its cameras, and what it keeps secret."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from services.stream.settings import StreamSettings
from shared import __version__
from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.status import CameraState, CameraStatus
from shared.web.settings import shown
from tests.support.bus import FakeIngest, fake_ingest, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, VIEWER_TOKEN, bearer


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1", ingest_version="0.0.9")]


def test_it_tells_of_the_replica_the_bus_and_the_cameras(bus: str, ingest: FakeIngest) -> None:
    """Everything that the status page shows, in one answer."""
    with running_replica(bus, max_viewers=7) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        # Of a camera that says nothing else: the newest of a topic takes the place of one that still waits.
        ingest.send([b"status/cam2/", b"no JSON"])
        answer = wait_until(
            lambda: (told := replica.json("/api/status")[1]) and told["bus"]["dropped_messages"] and told,
            "what was malformed is counted",
        )
    assert answer["replica"] | {"started_at": ""} == {
        "name": replica.hub.replica,
        "version": __version__,
        "started_at": "",
        "viewer_count": 0,
        "max_viewers": 7,
    }
    assert answer["bus"]["is_connected"] is True
    assert answer["bus"]["has_keys"] is False
    heard_seconds_ago = (datetime.now(UTC) - datetime.fromisoformat(answer["bus"]["heard_at"])).total_seconds()
    assert 0 <= heard_seconds_ago < 20
    assert answer["access"] == {
        "authenticates": False,
        "role": "operator",
        "user": None,
        "longest_link_seconds": 30 * 86_400,
        "makes_tokens": False,
    }
    (camera,) = answer["cameras"]
    assert (camera["key"], camera["headline"], camera["advice"]) == ("cam1", "Live", "")
    assert camera["ingest_version"] == "0.0.9"
    assert answer["problems"] == []
    assert answer["settings"]["STREAM_MAX_VIEWERS_PER_ADDRESS"] == "300"
    assert answer["settings"]["COMPATIBILITY_URLS"] == "false"


@pytest.mark.parametrize("state", [state for state in CameraState if state is not CameraState.REMOVED])
def test_every_state_is_told_in_words_with_what_to_do(bus: str, ingest: FakeIngest, state: CameraState) -> None:
    """A state's own word is for programs."""
    ingest.say(status_of("cam1", state, last_error="The camera does not answer. Check that it is on."))
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        (camera,) = replica.json("/api/status")[1]["cameras"]
    assert camera["headline"] not in ("", state.value)
    if state in (CameraState.LIVE, CameraState.IDLE):
        assert camera["advice"] == ""
    else:
        # Why the login was refused says what to do about it already.
        assert camera["advice"] or state is CameraState.UNAUTHORIZED


def test_a_silent_ingest_is_told_with_the_time_of_its_last_status(bus: str) -> None:
    """The camera may be fine; no one can tell."""
    with running_replica(bus) as replica:
        with fake_ingest(bus, status_of("cam1")):
            wait_until(replica.knows_a_camera, "the camera is known")
        lost_at = datetime.now(UTC)
        wait_until(lambda: not replica.json("/api/status")[1]["bus"]["is_connected"], "the silence is told")
        answer = replica.json("/api/status")[1]
    (camera,) = answer["cameras"]
    assert camera["state"] == "unknown"
    assert "BUS_CONNECT" in camera["advice"]
    assert abs((datetime.fromisoformat(camera["since"]) - lost_at).total_seconds()) < 20


def test_a_refusal_stands_beside_what_is_wrong_with_the_other_cameras(bus: str) -> None:
    """It took the place of everything else."""
    second = f"tcp://127.0.0.1:{free_port()}"
    refusal = encode_report(IngestReport(ingest="b", refusal="CAMERA_FPS is '0'."))
    with (
        fake_ingest(bus, status_of("cam1", CameraState.OFFLINE, last_error="Check that it is on.")),
        fake_ingest(second) as refused,
        running_replica(f"{bus},{second}") as replica,
    ):
        wait_until(replica.knows_a_camera, "the camera is known")

        def told() -> bool:
            refused.send(refusal)
            return replica.hub.refusal is not None

        wait_until(told, "the refusal is heard")
        problems = replica.json("/api/status")[1]["problems"]
    assert problems == [
        "A setting of ingest can't be used: CAMERA_FPS is '0'.",
        "Cam1: The camera is offline. Check that it is on.",
    ]


def test_without_any_camera_it_answers_and_says_what_may_be_wrong(bus: str) -> None:
    """People look at the status just then."""
    with running_replica(bus) as replica:
        answer = replica.json("/api/status")[1]
    assert answer["cameras"] == []
    assert answer["bus"]["heard_at"] is None
    assert answer["bus"]["is_connected"] is False
    assert "ingest" in answer["problems"][0]


def test_it_tells_the_role_of_the_requester_and_nothing_to_a_stranger(bus: str) -> None:
    """The connect page offers the links that this role may make."""
    with running_replica(bus, settings=SECRETS) as replica:
        assert replica.request("/api/status")[0] == 401
        for token, role, longest in ((VIEWER_TOKEN, "viewer", 86_400), (OPERATOR_TOKEN, "operator", 30 * 86_400)):
            access = json.loads(replica.request("/api/status", headers=bearer(token))[2])["access"]
            expected = {"role": role, "user": None, "longest_link_seconds": longest, "makes_tokens": False}
            assert access == {"authenticates": True, **expected}


def test_no_secret_is_in_it(bus: str) -> None:
    """No password, no token, and no credentials within an address."""
    settings = {
        **SECRETS,
        "allowed_origins": "http://mainsail.local",
        "trusted_proxies": "10.0.0.0/8,127.0.0.1",
    }
    archiver_url = "http://somebody:hunter2@127.0.0.1:9/?key=hunter3"
    with running_replica(bus, settings=settings, archiver_url=archiver_url) as replica:
        text = replica.request("/api/status", headers=bearer(OPERATOR_TOKEN))[2].decode()
    for secret in (*SECRETS.values(), "somebody", "hunter2", "hunter3"):
        assert secret not in text
    told = json.loads(text)["settings"]
    assert told["ARCHIVER_URL"] == "http://***@127.0.0.1:9/?***"
    assert told["ALLOWED_ORIGINS"] == "http://mainsail.local"
    assert told["TRUSTED_PROXIES"] == "10.0.0.0/8,127.0.0.1/32"


def test_a_secret_can_not_be_shown_by_mistake() -> None:
    """Even if somebody adds one to the list."""
    settings = StreamSettings(viewer_password=SecretStr("hunter2hunter2"))
    with pytest.raises(TypeError):
        shown(settings, ["viewer_password"])
