"""What the owner decides at the page, as stream's replicas hold it: a played ingest decides, real replicas obey."""

import base64
import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from services.stream.api import refusal_pictures
from services.stream.base import access_texts, texts
from services.stream.fanout.cameras import Problem
from services.stream.fanout.placeholder_image import draw_placeholder
from shared.access.throttle import FREE_FAILURES
from shared.bus.access_state import AccessScope
from shared.bus.status import CameraStatus
from shared.clock import Clock
from shared.control.messages import ControlRefusedError, ControlRequest, Proof, Why
from shared.web import texts as web_texts
from shared.web.access import owner_access
from shared.web.access.access_secrets import AccessSecrets
from shared.web.access.roles import Role
from shared.web.access.share_links import ShareLink
from shared.web.access.signing import BRIEF_SESSION, Signer
from shared.web.settings import SIGN_ON_SECRET_HEADER
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.owner import CODE, PlayedOwner, access_to, played_owner
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, VIEWER, VIEWER_TOKEN, Headers, basic, bearer, web_settings

PASSWORD = "chosen at the page"  # noqa: S105 the test's own
WRONG = "wrong one"
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Content-Type": "application/x-www-form-urlencoded"}
ELSEWHERE = "http://elsewhere.example"
SIGN_ON: dict[str, object] = {
    "sign_on_proxies": "127.0.0.1",
    "sign_on_secret": "between-the-proxy-and-us",
    "sign_on_operators": "alice",
}
BOB = {SIGN_ON_SECRET_HEADER: "between-the-proxy-and-us", "Remote-User": "bob"}


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1"), status_of("cam2", is_default=False)]


@pytest.fixture
def owner(ingest: FakeIngest) -> Iterator[PlayedOwner]:
    with played_owner(ingest) as played:
        yield played


@pytest.fixture
def replica(bus: str, owner: PlayedOwner) -> Iterator[Replica]:
    """Published on loopback alone."""
    with running_replica(bus, owner=access_to(bus, owner)) as running:
        wait_until(lambda: running.request("/api/devices")[0] != 503, "it knows ingest's state")
        yield running


@pytest.fixture
def claimed(replica: Replica, owner: PlayedOwner) -> Replica:
    """With an operator's password, so nobody is let in without showing something."""
    owner.set_password("operator", OPERATOR)
    wait_until(lambda: status_at(replica, "/api/devices") == 401, "a password is needed")
    return replica


def status_at(replica: Replica, path: str, headers: Headers | None = None, method: str = "GET") -> int:
    """Of a stream only the head is read."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    try:
        connection.request(method, path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def knows(replica: Replica, secret: str) -> None:
    wait_until(lambda: status_at(replica, "/api/status", bearer(secret)) in (200, 403), "it knows the record")


def cookie(secret: str) -> Headers:
    return {"Cookie": f"framecast_session={secret}"}


def form(**fields: str) -> bytes:
    return urllib.parse.urlencode(fields).encode()


def test_while_nothing_is_decided_all_is_as_before(replica: Replica) -> None:
    """On loopback: whoever sits at this computer looks at the cameras."""
    for path in ("/", "/api/devices", "/api/camera/stream", "/api/access"):
        assert status_at(replica, path) == 200, path
    assert json.loads(replica.request("/api/status")[2])["access"]["authenticates"] is False


def test_what_is_asked_right_at_the_start_waits_for_the_first_state(
    bus: str, owner: PlayedOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A viewer that comes back to a replica which has just started is not sent away. A health check does not wait."""
    monkeypatch.setattr("shared.web.access.owner_access.FIRST_NEWS_SECONDS", 60.0)  # a busy machine takes its time
    owner.is_telling = False
    with running_replica(bus, owner=access_to(bus, owner)) as replica:
        answered: list[int] = []
        early = threading.Thread(target=lambda: answered.append(status_at(replica, "/api/devices")))
        early.start()
        assert status_at(replica, "/healthz") == 200
        assert not answered
        owner.is_telling = True
        early.join(20)
        assert answered == [200]


def test_before_the_state_is_known_nobody_is_let_in(bus: str, owner: PlayedOwner) -> None:
    """Silence is never "no password". Who shows a password of the settings is let in."""
    owner.is_telling = False
    with running_replica(bus, owner=access_to(bus, owner)) as replica:
        for path in ("/", "/api/devices", "/api/camera/stream", "/readyz"):
            status, headers, body = replica.request(path)
            assert (status, headers["retry-after"]) == (503, "1"), path
            assert json.loads(body)["detail"] == web_texts.ACCESS_NOT_TOLD_YET
        for path in ("/healthz", "/framecast.css"):
            assert status_at(replica, path) == 200, path
        assert b"refresh" in replica.request("/", headers=BROWSER)[2]
        owner.is_telling = True
        owner.change()
        wait_until(lambda: status_at(replica, "/api/devices") == 200, "it was told")
    owner.is_telling = False
    with running_replica(bus, owner=access_to(bus, owner), settings={"viewer_password": VIEWER}) as replica:
        assert status_at(replica, "/api/devices", basic(VIEWER)) == 200
        assert status_at(replica, "/api/devices") == 401
        secret = owner.add()
        assert status_at(replica, "/api/devices", bearer(secret)) == 503, "it may be a good one"


PLACES: dict[str, Callable[[str], tuple[str, Headers]]] = {
    "Bearer": lambda secret: ("", bearer(secret)),
    "Basic": lambda secret: ("", basic(secret)),
    "cookie": lambda secret: ("", cookie(secret)),
    "address": lambda secret: (f"token={secret}", {}),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_token_opens_in_every_place_until_it_is_ended(
    claimed: Replica, owner: PlayedOwner, ingest: FakeIngest, place: str
) -> None:
    secret = owner.add()
    knows(claimed, secret)
    ingest.show(frame_of("cam1"))
    query, headers = PLACES[place](secret)
    reads = ("/api/devices", "/api/camera/stream", "/api/cameras/cam1/stream/status")
    for path in reads:
        address = path + ("&" if "?" in path else "?") + query if query else path
        assert status_at(claimed, address, headers) == 200, address
        if path.endswith("/stream"):
            assert status_at(claimed, address, headers, "HEAD") == 200, address
    assert status_at(claimed, f"/api/camera/frames/7?{query}", headers, "DELETE") == (401 if query else 403)
    owner.end(secret)
    wait_until(lambda: status_at(claimed, "/api/devices", bearer(secret)) == 401, "it has ended")
    for path in reads:
        assert status_at(claimed, path + ("&" if "?" in path else "?") + query, headers) == 401, path


def test_an_operators_token_in_an_address_only_looks(claimed: Replica, owner: PlayedOwner) -> None:
    """An address lands in histories and in logs of proxies."""
    secret = owner.add("operator")
    knows(claimed, secret)
    assert status_at(claimed, "/api/access", bearer(secret)) == 200
    assert status_at(claimed, f"/api/access?token={secret}") == 403
    assert status_at(claimed, f"/api/camera/frames/7?token={secret}", method="DELETE") == 401
    assert status_at(claimed, "/api/camera/frames/7", bearer(secret), "DELETE") == 502, "it was passed on"


SCOPED = [
    ("/api/cameras/cam1/stream", 200),
    ("/api/cameras/cam2/stream", 403),
    ("/api/camera/stream", 200),
    ("/api/camera/stream?camera=cam2", 403),
    ("/api/camera/stream?camera=cam1&camera=cam2", 403),
    ("/api/devices", 403),
    ("/api/status", 403),
    ("/", 403),
    ("/api/camera/frames?camera=cam1", 502),
    ("/api/camera/frames", 502),
    ("/api/camera/frames?camera=cam2", 403),
    ("/api/camera/frames/7/image", 502),
    ("/api/camera/frames/sprites?ids=7", 403),
    ("/api/camera/frames/cameras", 403),
    ("/api/camera/timelapses", 403),
    ("/api/camera/timelapses/cam1_20261126T120000Z_0123ab/file", 502),
    ("/api/camera/timelapses/cam2_20261126T120000Z_0123ab/file", 403),
    ("/api/access", 403),
]


def test_a_token_for_one_camera_opens_nothing_else(claimed: Replica, owner: PlayedOwner) -> None:
    """502: the archive was asked, which does not run here."""
    secret = owner.add("operator", AccessScope(cameras=("cam1",)))
    knows(claimed, secret)
    for path, expected in SCOPED:
        assert status_at(claimed, path, bearer(secret)) == expected, path
    for method, path in (
        ("DELETE", "/api/camera/frames/7"),
        ("POST", "/api/camera/links"),
        ("POST", "/api/access/tokens"),
    ):
        assert status_at(claimed, path, bearer(secret), method) == 403, path
    assert status_at(claimed, "/api/camera/frames?camera=cam1", bearer(secret), "POST") == 502
    assert status_at(claimed, "/framecast.css", bearer(secret)) == 200


def test_a_token_without_the_archive_opens_the_live_picture_alone(claimed: Replica, owner: PlayedOwner) -> None:
    secret = owner.add("operator", AccessScope(archive=False))
    knows(claimed, secret)
    for path in ("/", "/api/devices", "/api/cameras/cam2/stream"):
        assert status_at(claimed, path, bearer(secret)) == 200, path
    for path in (
        "/archive",
        "/api/camera/frames",
        "/api/camera/frames/7/image",
        "/api/camera/timelapses",
        "/api/camera/retention",
        "/connect",
        "/access",
        "/cameras",
        "/api/of-tomorrow",
        "/of-tomorrow",
        "/api/cameras/cam1/of-tomorrow",
        "/docs",
    ):
        assert status_at(claimed, path, bearer(secret)) == 403, path
    for method, path in (("PUT", "/api/cameras/cam1"), ("POST", "/api/camera/frames"), ("DELETE", "/api/devices")):
        assert status_at(claimed, path, bearer(secret), method) == 403, path
    for path in ("/live.js", "/api/status", "/api/camera/stream?camera=cam2", "/api/cameras/cam1/stream/status"):
        assert status_at(claimed, path, bearer(secret)) == 200, path
    assert status_at(claimed, "/api/camera/links", bearer(secret), "POST") == 403, "a link could open the archive"


def test_a_socket_by_a_token_takes_its_cameras_alone(claimed: Replica, owner: PlayedOwner, ingest: FakeIngest) -> None:
    secret = owner.add(scope=AccessScope(cameras=("cam1",)))
    knows(claimed, secret)
    address = f"ws://127.0.0.1:{claimed.port}/api/cameras"
    with connect(f"{address}/cam1/ws?token={secret}", additional_headers={"Origin": ELSEWHERE}, proxy=None) as client:
        wait_until(lambda: claimed.hub.viewer_count("cam1") == 1, "it watches")
        ingest.show(frame_of("cam1"))
        assert isinstance(client.recv(10), bytes)
        client.send('{"watch": "cam2"}')
        with suppress(ConnectionClosed):
            while True:
                client.recv(10)
        assert client.close_reason == texts.FOR_OTHER_CAMERAS
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{address}/cam2/ws?token={secret}", proxy=None)
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("direct", [True, False])
def test_streams_and_sockets_end_with_their_token_on_every_replica(bus: str, owner: PlayedOwner, direct: bool) -> None:
    """And others' go on."""
    owner.set_password("operator", OPERATOR)
    ended, kept = owner.add(), owner.add()
    with (
        running_replica(bus, owner=access_to(bus, owner), direct=direct) as one,
        running_replica(bus, owner=access_to(bus, owner), direct=direct) as two,
    ):
        for replica in (one, two):
            knows(replica, kept)
        url = f"ws://127.0.0.1:{one.port}/api/cameras/cam1/ws?token={ended}"
        with (
            Viewer(one.port, headers=bearer(ended)) as first,
            Viewer(two.port, f"/api/cameras/cam1/stream?token={ended}") as second,
            Viewer(two.port, headers=bearer(kept)) as other,
            connect(url, proxy=None) as client,
        ):
            wait_until(lambda: one.hub.viewer_total == 2 and two.hub.viewer_total == 2, "all watch")
            owner.end(ended)
            assert first.ended.wait(30)
            assert second.ended.wait(30)
            with suppress(ConnectionClosed):
                while True:
                    client.recv(30)
            assert client.close_reason == texts.ACCESS_WITHDRAWN
            assert not other.ended.is_set()
            assert two.hub.viewer_total == 1


def test_a_token_alone_locks_nobody_out(bus: str, owner: PlayedOwner) -> None:
    """On loopback looking needs no password, also where a program has got a token."""
    secret = owner.add()
    with running_replica(bus, owner=access_to(bus, owner)) as replica:
        knows(replica, secret)
        assert status_at(replica, "/api/devices") == 200


def test_a_replica_that_was_away_meanwhile_hears_of_the_end(bus: str, owner: PlayedOwner) -> None:
    """It asks when it comes, and whoever missed a message asks when the report tells a higher number."""
    owner.set_password("operator", OPERATOR)
    secret, _ = owner.add(), owner.add()
    with running_replica(bus, owner=access_to(bus, owner)) as replica:
        knows(replica, secret)
        owner.is_telling = False
        owner.end(secret)
        assert status_at(replica, "/api/devices", bearer(secret)) == 200, "nothing was told yet"
        owner.is_telling = True
        wait_until(lambda: status_at(replica, "/api/devices", bearer(secret)) == 401, "the report made it ask")


def test_an_older_state_is_refused_and_said_until_it_is_settled(claimed: Replica, owner: PlayedOwner) -> None:
    """A restored backup must not bring an ended token to life in silence."""
    secret = owner.add()
    knows(claimed, secret)
    backup = owner.state
    kept = owner.add("operator")
    owner.end(secret)
    wait_until(lambda: status_at(claimed, "/api/devices", bearer(secret)) == 401, "it has ended")

    def problems() -> str:
        return str(json.loads(claimed.request("/readyz", headers=bearer(kept))[2]).get("problems"))

    owner.change(number=backup.number, records=backup.records)
    wait_until(lambda: "older state of access" in problems(), "it says so")
    assert status_at(claimed, "/api/devices", bearer(secret)) == 401
    owner.change(state="another", number=owner.state.number + 100)
    wait_until(lambda: "another state of access" in problems(), "it says that, too")
    assert status_at(claimed, "/api/devices", bearer(secret)) == 401
    owner.change(state=backup.state, number=backup.number, settled=time.time_ns())
    wait_until(lambda: status_at(claimed, "/api/devices", bearer(secret)) == 200, "a command settled it")


def test_closed_is_closed_for_everybody(replica: Replica, owner: PlayedOwner) -> None:
    """On loopback, too; and what is running ends."""
    with Viewer(replica.port) as viewer:
        owner.change(closed="The file is damaged: `framecast access new` mends it.")
        assert viewer.ended.wait(30)
    for path in ("/", "/api/devices", "/shared"):
        status, _, body = replica.request(path)
        assert (status, "damaged" in str(body)) == (503, True), path
    assert status_at(replica, "/healthz") == 200
    assert status_at(replica, "/setup") == 200, "a lost password is set there"
    owner.change(closed=None)
    wait_until(lambda: status_at(replica, "/api/devices") == 200, "it was mended")


def of_the_settings(by: str) -> tuple[str, Headers]:
    """A query and headers that let in by what the settings say."""
    if by == "password":
        return "", basic(VIEWER)
    if by == "sign-on":
        return "", BOB
    signer = Signer(AccessSecrets(web_settings(viewer_password=VIEWER)).keys, Clock(), BRIEF_SESSION)
    if by == "session":
        return "", cookie(signer.session(Role.VIEWER))
    return f"?link={signer.sign(ShareLink.to_camera('cam1', int(time.time()) + 600), Role.VIEWER)}", {}


@pytest.mark.parametrize("by", ["password", "session", "link", "sign-on"])
def test_closing_ends_what_was_open_by_the_settings(bus: str, owner: PlayedOwner, by: str) -> None:
    """Streams and sockets, and also where nothing was claimed at the page."""
    settings = {"viewer_password": VIEWER, **(SIGN_ON if by == "sign-on" else {})}
    with running_replica(bus, owner=access_to(bus, owner), settings=settings) as replica:
        query, headers = of_the_settings(by)
        path = f"/api/cameras/cam1/stream{query}"
        owner.change()
        wait_until(lambda: replica.hub.cameras.default_key() == "cam1", "the camera is known")
        url = f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws{query}"
        with (
            Viewer(replica.port, path, headers=headers) as viewer,
            connect(url, additional_headers=headers, proxy=None) as client,
        ):
            wait_until(lambda: replica.hub.viewer_total == 2, "both watch")
            owner.change(closed="The file is damaged: `framecast access new` mends it.")
            assert viewer.ended.wait(30)
            with suppress(ConnectionClosed):
                while True:
                    client.recv(30)
            assert client.close_reason == texts.ACCESS_CLOSED


def test_the_first_password_ends_what_was_open(replica: Replica, owner: PlayedOwner) -> None:
    with Viewer(replica.port) as viewer:
        owner.set_password("operator", PASSWORD)
        assert viewer.ended.wait(30)
    assert status_at(replica, "/api/devices") == 401


def test_a_password_of_the_page_is_judged_by_ingest_once(replica: Replica, owner: PlayedOwner) -> None:
    """And remembered while it is the same. Its streams end when it is changed."""
    owner.set_password("viewer", PASSWORD)
    wait_until(lambda: status_at(replica, "/api/devices") == 401, "a password is needed")
    for _ in range(3):
        assert status_at(replica, "/api/devices", basic(PASSWORD)) == 200
    assert [request.do for request in owner.asked] == ["check_password"]
    assert status_at(replica, "/api/camera/frames/7", basic(PASSWORD), "DELETE") == 403
    with Viewer(replica.port, headers=basic(PASSWORD)) as viewer:
        owner.set_password("viewer", "another password")
        assert viewer.ended.wait(30)
    wait_until(lambda: status_at(replica, "/api/devices", basic(PASSWORD)) == 401, "it is wrong now")
    assert status_at(replica, "/api/devices", basic("another password")) == 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test need not wait for a silent ingest as long as a person."""
    monkeypatch.setattr(owner_access, "ANSWER_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
def test_while_ingest_is_silent_what_was_right_stays_right_and_nothing_new_is(
    replica: Replica, owner: PlayedOwner
) -> None:
    owner.set_password("viewer", PASSWORD)
    wait_until(lambda: status_at(replica, "/api/devices") == 401, "a password is needed")
    assert status_at(replica, "/api/devices", basic(PASSWORD)) == 200
    secret = owner.add()
    knows(replica, secret)
    owner.fall_silent()
    assert status_at(replica, "/api/devices", basic(PASSWORD)) == 200
    assert status_at(replica, "/api/devices", bearer(secret)) == 200
    status, _, body = replica.request("/api/devices", headers=basic("a new password"))
    assert (status, json.loads(body)["detail"]) == (503, web_texts.INGEST_SILENT)
    assert replica.request("/login", "POST", BROWSER, form(password=PASSWORD))[0] == 503


@pytest.mark.parametrize("why", ["wait", "busy", "late", "closed"])
def test_passwords_of_the_settings_are_guessed_no_faster_while_ingest_refuses_to_judge(
    bus: str, owner: PlayedOwner, monkeypatch: pytest.MonkeyPatch, why: Why
) -> None:
    """Each guess is compared with the settings before ingest is asked: else a 200 among refusals would tell."""

    def refuse(_: ControlRequest) -> Mapping[str, Any]:
        raise ControlRefusedError(why, "Not now.", 60.0 if why == "wait" else None)

    monkeypatch.setattr(owner, "_do_check_password", refuse, raising=True)
    access = access_to(bus, owner)
    with running_replica(bus, owner=access, settings={"viewer_password": VIEWER}) as replica:
        owner.set_password("operator", PASSWORD)
        wait_until(lambda: access.book.has_passwords, "the replica knows it")
        asked = len(owner.asked)
        for number in range(FREE_FAILURES):
            assert status_at(replica, "/api/devices", basic(f"guess {number}")) in (429, 503)
        assert len(owner.asked) == asked + FREE_FAILURES
        status, _, body = replica.request("/api/devices", headers=basic(VIEWER))
        assert (status, "too many" in json.loads(body)["detail"].lower()) == (429, True), "the right one tells nothing"
        assert len(owner.asked) == asked + FREE_FAILURES


def test_guesses_that_are_sent_at_once_are_no_more_than_one_after_the_other(
    bus: str, owner: PlayedOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While ingest judges them, their places are taken. A program's right password meanwhile waits for its answer."""
    judged, go_on = owner._do_check_password, threading.Event()

    def judge(request: ControlRequest) -> Mapping[str, Any]:
        assert go_on.wait(30)
        return judged(request)

    monkeypatch.setattr(owner, "_do_check_password", judge)
    access = access_to(bus, owner)
    with running_replica(bus, owner=access, settings={"viewer_password": VIEWER}) as replica:
        owner.set_password("operator", PASSWORD)
        wait_until(lambda: access.book.has_passwords, "the replica knows it")
        asked = len(owner.asked)
        shown = [f"guess {number}" for number in range(FREE_FAILURES - 1)] + [PASSWORD]
        with ThreadPoolExecutor(FREE_FAILURES + 1) as pool:
            under_way = [pool.submit(status_at, replica, "/api/devices", basic(one)) for one in shown]
            wait_until(lambda: len(owner.asked) == asked + FREE_FAILURES, "they are being judged")
            again = pool.submit(status_at, replica, "/api/devices", basic(PASSWORD))
            assert status_at(replica, "/api/devices", basic(VIEWER)) == 429
            go_on.set()
            assert [one.result() for one in [*under_way, again]] == [401] * (FREE_FAILURES - 1) + [200, 200]
        assert status_at(replica, "/api/devices", basic(VIEWER)) == 200


def test_a_login_makes_a_session_that_a_log_out_ends_everywhere(bus: str, owner: PlayedOwner) -> None:
    owner.set_password("viewer", PASSWORD)
    with (
        running_replica(bus, owner=access_to(bus, owner)) as one,
        running_replica(bus, owner=access_to(bus, owner)) as two,
    ):
        for replica in (one, two):
            wait_until(lambda: status_at(replica, "/api/devices") == 401, "a password is needed")  # noqa: B023
        assert one.request("/login", "POST", BROWSER, form(password=WRONG))[0] == 401
        status, headers, _ = one.request("/login", "POST", BROWSER | {"User-Agent": "Phone"}, form(password=PASSWORD))
        assert status == 303
        session = {"Cookie": headers["set-cookie"].partition(";")[0]}
        assert {"HttpOnly", "SameSite=lax"} <= set(headers["set-cookie"].split("; "))
        asked = next(request for request in reversed(owner.asked) if request.do == "log_in")
        assert asked.client is not None
        assert asked.client.browser == "Phone"
        assert status_at(one, "/api/devices", session) == 200, "at once"
        wait_until(lambda: status_at(two, "/api/devices", session) == 200, "everywhere")
        assert one.request("/logout", "POST", session)[0] == 303
        for replica in (one, two):
            wait_until(lambda: status_at(replica, "/api/devices", session) == 401, "it has ended")  # noqa: B023


@pytest.mark.usefixtures("impatient")
def test_while_ingest_is_silent_passwords_of_the_settings_let_in_for_an_hour(bus: str, owner: PlayedOwner) -> None:
    """Such a login decides nothing, and sessions that were signed before are not taken."""
    with running_replica(bus, owner=access_to(bus, owner), settings={"viewer_password": VIEWER}) as replica:
        owner.fall_silent()
        status, headers, _ = replica.request("/login", "POST", BROWSER, form(password=VIEWER))
        assert status == 303
        assert "Max-Age=3600" in headers["set-cookie"]
        session = {"Cookie": headers["set-cookie"].partition(";")[0]}
        assert status_at(replica, "/api/devices", session) == 200
        assert replica.request("/login", "POST", BROWSER, form(password=WRONG))[0] == 401
    with running_replica(bus, settings={"viewer_password": VIEWER}) as before:
        headers = before.request("/login", "POST", BROWSER, form(password=VIEWER))[1]
        old = {"Cookie": headers["set-cookie"].partition(";")[0]}
        assert status_at(before, "/api/devices", old) == 200
    with running_replica(bus, owner=access_to(bus, owner), settings={"viewer_password": VIEWER}) as replica:
        assert status_at(replica, "/api/devices", old) == 401


@pytest.mark.parametrize("why", ["busy", "late"])
def test_while_ingest_judges_no_password_those_of_the_settings_let_in(bus: str, owner: PlayedOwner, why: Why) -> None:
    """As by Basic. Any other is a guess, and guesses are limited."""

    def refuse(_: ControlRequest) -> Mapping[str, Any]:
        raise ControlRefusedError(why, "Not now.")

    owner.set_password("operator", PASSWORD)
    with (
        running_replica(bus, owner=access_to(bus, owner), settings={"viewer_password": VIEWER}) as replica,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(owner, "_do_log_in", refuse)
        knows(replica, owner.add())
        status, headers, _ = replica.request("/login", "POST", BROWSER, form(password=VIEWER))
        assert status == 303
        assert "Max-Age=3600" in headers["set-cookie"]
        guesses = [
            replica.request("/login", "POST", BROWSER, form(password=f"guess {number}"))[0]
            for number in range(FREE_FAILURES + 2)
        ]
        assert guesses[0] == 503
        assert guesses[-1] == 429


@pytest.fixture
def published(bus: str, owner: PlayedOwner) -> Iterator[Replica]:
    """Others reach it, and nothing is claimed."""
    with running_replica(bus, owner=access_to(bus, owner, is_published=True)) as running:
        wait_until(lambda: status_at(running, "/api/devices") == 401, "it knows ingest's state")
        yield running


def test_published_without_a_password_there_is_the_setup_page_alone(published: Replica) -> None:
    for path in ("/", "/archive", "/status", "/connect", "/shared?x"):
        status, headers, _ = published.request(path, headers=BROWSER)
        assert status == (401 if path.startswith("/shared") else 303), path
        assert "setup" in headers.get("location", "setup"), path
    for path in ("/api/devices", "/api/camera/stream", "/api/camera/frames", "/readyz", "/openapi.json", "/api/access"):
        status, headers, body = published.request(path, headers={"Accept": "application/json"})
        assert (status, json.loads(body)["detail"]) == (401, web_texts.SETUP_NEEDED), path
        assert "www-authenticate" not in headers
    for path in ("/setup", "/setup.js", "/framecast.css", "/healthz"):
        assert status_at(published, path) == 200, path
    assert published.request("/login", headers=BROWSER)[1]["location"] == "./setup"
    assert "script-src 'self'" in published.request("/setup")[1]["content-security-policy"]


def test_the_picture_of_a_refusal_says_what_is_needed(published: Replica, owner: PlayedOwner) -> None:
    """Before there is a password, it is no changed one; and an ended token is no password at all."""

    def shows(query: str, headline: str, advice: str) -> bool:
        status, _, body = published.request(f"/api/camera/snapshot{query}")
        return status == 401 and body == draw_placeholder(Problem(headline, advice), refusal_pictures.SIZE, None)

    assert shows("", texts.SETUP_FIRST, web_texts.SETUP_NEEDED)
    ended = owner.add()
    owner.end(ended)
    assert shows(f"?token={ended}", texts.TOKEN_NOT_VALID, web_texts.NOT_OR_NO_LONGER)
    owner.set_password("operator", OPERATOR)
    wait_until(lambda: shows("", texts.LOGIN_NEEDED, texts.LOGIN_NEEDED_ADVICE), "a password is set")


def test_with_the_code_one_sets_the_password_and_is_logged_in(published: Replica, owner: PlayedOwner) -> None:
    status, headers, body = published.request("/setup", "POST", BROWSER, form(code=CODE, password=PASSWORD))
    assert (status, access_texts.IS_SET in body.decode()) == (200, True)
    session = {"Cookie": headers["set-cookie"].partition(";")[0]}
    assert status_at(published, "/api/access", session) == 200
    assert published.request("/", headers=BROWSER)[1]["location"] == "login"
    assert owner.passwords == {"operator": PASSWORD}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"code": "WRONG-CODE", "password": PASSWORD}, 401),
        ({"code": CODE, "password": "short"}, 422),
        ({"code": "", "password": PASSWORD}, 422),
        ({"password": PASSWORD}, 422),
    ],
)
def test_without_the_code_nothing_is_set(
    published: Replica, owner: PlayedOwner, fields: dict[str, str], status: int
) -> None:
    answer, headers, page = published.request("/setup", "POST", BROWSER, form(**fields))
    assert answer == status
    assert b'role="alert"' in page
    assert "set-cookie" not in headers
    assert owner.passwords == {}


def test_another_page_in_the_owners_browser_claims_nothing(published: Replica, owner: PlayedOwner) -> None:
    """Neither by its own name, nor by a name that it points here."""
    body = form(code=CODE, password=PASSWORD)
    for headers in ({"Origin": ELSEWHERE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert published.request("/setup", "POST", BROWSER | headers, body)[0] == 403, headers
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert published.request("/setup", "POST", BROWSER | rebound, body)[0] == 403
    assert published.request("/setup", headers={"Host": "evil.example"})[0] == 403
    assert owner.passwords == {}


def test_a_page_with_a_token_in_its_address_loses_it_at_once(claimed: Replica, owner: PlayedOwner) -> None:
    secret = owner.add()
    knows(claimed, secret)
    status, headers, _ = claimed.request(f"/archive?camera=cam1&token={secret}", headers=BROWSER)
    assert (status, headers["location"]) == (303, "./archive?camera=cam1")
    session = {"Cookie": headers["set-cookie"].partition(";")[0]}
    assert status_at(claimed, "/archive", session) == 200
    owner.end(secret)
    wait_until(lambda: status_at(claimed, "/archive", session) == 401, "it has ended")
    location = claimed.request(f"/archive?token={secret}", headers=BROWSER)[1]["location"]
    assert secret not in location


@pytest.mark.parametrize(
    "path", ["/https:evil.example", "/javascript:alert(1)", "/x/%2F%2Fevil.example", "/%5C%5Cevil.example", "/a%3Fb:c"]
)
def test_no_address_leads_to_another_server(claimed: Replica, owner: PlayedOwner, path: str) -> None:
    """A token in the address that is good, or one that is nobody's: whether one is logged in or not."""
    secret = owner.add()
    knows(claimed, secret)
    here = f"http://here.example{path}"
    for token in (secret, "nonsense"):
        for session in ({}, cookie(secret)):
            status, headers, _ = claimed.request(f"{path}?token={token}", headers=BROWSER | session)
            there = urllib.parse.urljoin(here, headers.get("location", ""))
            assert there.startswith("http://here.example/"), (token, session, there)
            assert "token=" not in headers.get("location", "")
            if token == "nonsense" and session:  # noqa: S105 nobody's
                assert "location" not in headers, "only a good token is taken out of the address"
            if token == secret:
                assert status == 303
                pages = [urllib.parse.unquote(address).rpartition("/")[2] for address in (here, there)]
                assert pages[0] == pages[1], "the same page"


WRITES_ON_ACCESS = [
    ("POST", "/api/access/tokens"),
    ("DELETE", "/api/access/sessions"),
    ("PUT", "/api/access/passwords/operator"),
    ("POST", "/setup"),
    ("POST", "/login"),
    ("POST", "/logout"),
]


@pytest.mark.parametrize("is_claimed", [True, False])
def test_a_page_of_an_allowed_origin_decides_nothing_on_access(bus: str, owner: PlayedOwner, is_claimed: bool) -> None:
    """With its visitor's cookie or password, or where none is needed. By a token that it has itself it may."""
    settings = {"allowed_origins": ELSEWHERE}
    with running_replica(bus, owner=access_to(bus, owner), settings=settings) as replica:
        secret = owner.add("operator")
        if is_claimed:
            owner.set_password("operator", OPERATOR)
        knows(replica, secret)
        by_their_page = {"Origin": ELSEWHERE, "Content-Type": "application/json"}
        for shown in (cookie(secret), basic(secret)):
            for method, path in WRITES_ON_ACCESS:
                status, _, body = replica.request(path, method, shown | by_their_page, b'{"name": "theirs"}')
                assert (status, json.loads(body)["detail"]) == (403, web_texts.OUR_PAGES_ALONE), path
            assert status_at(replica, "/api/camera/frames/7", shown | by_their_page, "DELETE") == 502, "passed on"
            assert status_at(replica, "/api/access", shown | by_their_page) == 200
        decided = {"make_token", "end_sessions", "set_password", "log_in", "log_out"}
        assert not decided & {request.do for request in owner.asked}
        ours = {"Origin": f"http://127.0.0.1:{replica.port}", "Content-Type": "application/json"}
        for headers in (cookie(secret) | ours, bearer(secret) | (by_their_page if is_claimed else ours)):
            asked = len(owner.asked)
            replica.request("/api/access/tokens", "POST", headers, b'{"name": "ours"}')
            assert [request.do for request in owner.asked[asked:]] == ["make_token"]


def test_beside_a_sign_on_a_token_with_limits_gives_nothing(bus: str, owner: PlayedOwner) -> None:
    """Its limits would be lost: behind stream the archiver sees a session of ours alone."""
    with running_replica(bus, owner=access_to(bus, owner), settings=SIGN_ON) as replica:
        for scope in (AccessScope(cameras=("cam1",)), AccessScope(archive=False)):
            limited = owner.add("operator", scope)
            knows(replica, limited)
            assert status_at(replica, "/api/camera/frames/7", BOB | cookie(limited), "DELETE") == 403
            assert status_at(replica, "/api/access", BOB | cookie(limited)) == 403
            assert status_at(replica, "/api/devices", BOB | cookie(limited)) == 200, "bob may look by himself"
        whole = owner.add("operator")
        knows(replica, whole)
        both = BOB | {"Cookie": f"framecast_session={limited}; framecast_session={whole}"}
        assert status_at(replica, "/api/camera/frames/7", both, "DELETE") == 502, "it was passed on"


def test_beside_a_sign_on_what_a_session_gives_ends_with_it(bus: str, owner: PlayedOwner) -> None:
    with running_replica(bus, owner=access_to(bus, owner), settings=SIGN_ON) as replica:
        secret = owner.add("operator")
        knows(replica, secret)
        status_at(replica, "/api/access/tokens", BOB | cookie(secret))
        assert owner.asked[-1].proof == Proof(secret=secret), "ingest judges what gave the role"
        with Viewer(replica.port, headers=BOB) as others, Viewer(replica.port, headers=BOB | cookie(secret)) as viewer:
            owner.end(secret)
            assert viewer.ended.wait(30)
            assert not others.ended.is_set()
        assert status_at(replica, "/api/access", BOB | cookie(secret)) == 403


def test_links_are_records_that_can_be_ended(claimed: Replica, owner: PlayedOwner) -> None:
    secret = owner.add()
    knows(claimed, secret)
    wait_until(lambda: b"cam1" in claimed.request("/api/devices", headers=bearer(secret))[2], "the camera is known")
    wanted = json.dumps({"camera": "cam1", "expires_in_seconds": 600}).encode()
    json_type = {"Content-Type": "application/json"}
    status, _, body = claimed.request("/api/camera/links", "POST", bearer(secret) | json_type, wanted)
    assert status == 200, body
    link = json.loads(body)
    assert status_at(claimed, link["stream_url"]) == 200
    assert status_at(claimed, link["page_url"]) == 200
    assert status_at(claimed, link["stream_url"].replace("cam1", "cam2")) == 401
    shown = link["stream_url"].partition("=")[2]
    assert status_at(claimed, "/api/devices", bearer(shown)) == 401, "a link opens its subject alone"
    owner.end(shown)
    wait_until(lambda: status_at(claimed, link["stream_url"]) == 401, "it has ended")
    assert status_at(claimed, link["page_url"]) == 401


def test_links_of_before_run_to_their_end(bus: str, owner: PlayedOwner, ingest: FakeIngest) -> None:
    assert ingest
    settings = {"viewer_token": VIEWER_TOKEN}
    with running_replica(bus, settings=settings) as before:
        wait_until(lambda: b"cam1" in before.request("/api/devices", headers=bearer(VIEWER_TOKEN))[2], "it is known")
        wanted, headers = (
            json.dumps({"camera": "cam1"}).encode(),
            bearer(VIEWER_TOKEN) | {"Content-Type": "application/json"},
        )
        link = json.loads(before.request("/api/camera/links", "POST", headers, wanted)[2])
    with running_replica(bus, owner=access_to(bus, owner), settings=settings) as replica:
        wait_until(lambda: status_at(replica, link["stream_url"]) == 200, "the link opens")


def test_a_records_end_goes_by_ingests_clock(claimed: Replica, owner: PlayedOwner) -> None:
    """Whatever the clock of this computer shows."""
    secret = owner.add(ends_at=int(time.time()) + 3600)
    knows(claimed, secret)
    owner.change(now=int(time.time()) + 7200)
    wait_until(lambda: status_at(claimed, "/api/devices", bearer(secret)) == 401, "it is over by ingest's clock")


def test_whatever_is_no_secret_opens_nothing(claimed: Replica, owner: PlayedOwner) -> None:
    """The topic has digests alone, and those are nobody's secret."""
    secret = owner.add("operator")
    knows(claimed, secret)
    digest = owner.state.records[0].sha256
    for guess in (
        digest,
        f"framecast_{digest}",
        digest[:12],
        secret.upper(),
        secret[:-1],
        f"{secret}A",
        "framecast_",
        "",
    ):
        for headers in (bearer(guess), basic(guess), cookie(guess)):
            assert status_at(claimed, "/api/devices", headers) in (401, 429), guess
        assert status_at(claimed, f"/api/devices?token={urllib.parse.quote(guess)}") in (401, 429), guess
    assert base64.urlsafe_b64decode(digest + "=")
