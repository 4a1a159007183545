"""A 401 is a picture for clients that show whatever they are given, and words for everybody else."""

import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from services.stream.api import refusal_pictures
from shared.setup_command import setup_command
from shared.web.texts import EXPIRED_LINK, NOT_OR_NO_LONGER, setup_needed
from tests.support.bus import FakeIngest
from tests.support.owner import access_to, played_owner
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER_TOKEN, Headers, basic, bearer

ADDRESSES = ("/api/camera/snapshot", "/api/cameras/cam1/snapshot", "/api/camera/stream", "/api/cameras/cam1/stream")
WRONG = basic("the password of last year")
BROWSERS_IMAGE = {"Accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}


@pytest.fixture
def locked(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings={**SECRETS, "compatibility_urls": True}) as replica:
        yield replica


def size_of(jpeg: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(jpeg), formats=["JPEG"]).size


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "image/jpeg"}, WRONG])
def test_a_program_that_shows_what_it_is_given_shows_that_a_password_is_needed(
    locked: Replica, headers: Headers
) -> None:
    """Home Assistant hands on the body whatever the status is. One that looks sees the status and the challenge."""
    for path in (*ADDRESSES, "/?action=snapshot", "/api/frame.jpeg?src=cam1", "/api/cameras/cam1/snapshot?stand_in=1"):
        status, answered, body = locked.request(path, headers=headers)
        assert (status, answered["content-type"], answered["vary"]) == (401, "image/jpeg", "Accept"), path
        assert answered["www-authenticate"].startswith("Basic ")
        assert "no-store" in answered["cache-control"]
        assert size_of(body) == refusal_pictures.SIZE
    status, answered, body = locked.request(ADDRESSES[0], "HEAD", headers)
    assert (status, answered["content-type"], body) == (401, "image/jpeg", b"")


def test_the_picture_tells_nothing_of_any_camera(locked: Replica) -> None:
    """Not its size, nor whether there is one of this key."""
    shown = {locked.request(path)[2] for path in (*ADDRESSES, "/api/cameras/nobody/snapshot")}
    assert len(shown) == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (ADDRESSES[0], {"Accept": "application/json"}),
        (ADDRESSES[0] + "?stand_in=none", {}),
        (ADDRESSES[2] + "?stand_in=none", {}),
        (ADDRESSES[2], BROWSERS_IMAGE),  # its page waits for the image's error
        (ADDRESSES[2], {"Accept": "*/*", "Sec-Fetch-Dest": "empty"}),  # a script's own
        (ADDRESSES[0] + "/status", {}),
        ("/api/devices", {}),
        ("/api/camera/frames/7/image", {}),
    ],
)
def test_whoever_reads_gets_words(locked: Replica, path: str, headers: Headers) -> None:
    status, answered, body = locked.request(path, headers=headers)
    assert (status, answered["content-type"]) == (401, "application/json")
    assert "A password is needed" in json.loads(body)["detail"]


def test_a_link_that_has_run_out_shows_another_picture(locked: Replica) -> None:
    """Its holder has no password to enter."""
    expired = "?link=of-last-year"
    assert locked.request(ADDRESSES[1])[2] != locked.request(ADDRESSES[1] + expired)[2]
    _, _, body = locked.request(ADDRESSES[1] + expired, headers={"Accept": "application/json"})
    assert json.loads(body)["detail"] == EXPIRED_LINK


def test_strangers_cost_one_drawing(locked: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it fails: then they get words. A valid password gets what it asks for, whatever strangers do."""
    drawn: list[object] = []

    def draw(problem: object, *_: object) -> bytes:
        drawn.append(problem)
        raise OSError("no font")

    monkeypatch.setattr("services.stream.fanout.placeholder_image.draw_placeholder", draw)
    for path in 5 * ADDRESSES:
        status, answered, _ = locked.request(path, headers=WRONG)
        assert (status, answered["content-type"]) == (401, "application/json")
    assert len(drawn) == 1
    assert locked.request("/api/devices", headers=bearer(VIEWER_TOKEN))[0] == 200


def test_an_ended_token_and_a_missing_setup_are_named_as_such(
    bus: str, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has a new password to enter where none was ever set, or where a token was the proof."""
    monkeypatch.setattr(
        "services.stream.fanout.placeholder_image.draw_placeholder", lambda problem, *_: problem.advice.encode()
    )
    with played_owner(ingest) as owner:
        settings = {"bus_connect": bus, "bus_control": owner.address}
        owner.change()
        access = access_to(bus, owner, is_published=True)
        with running_replica(bus, settings=settings, owner=access) as replica:

            def shown(query: str = "") -> str:
                return replica.request(ADDRESSES[1] + query)[2].decode()

            wait_until(lambda: shown() == setup_needed(setup_command()), "the picture asks for the setup")
            assert shown("?token=framecast_" + "x" * 32) == NOT_OR_NO_LONGER
