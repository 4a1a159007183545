"""Who may do what: each way to authenticate, at each kind of address, of stream and of the archiver itself.

The services are real processes, which share nothing but their settings.
"""

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from shared.web.access.guard import COOKIE
from tests.support.asking import Answer as Answer  # noqa: PLC0414 others take it from here
from tests.support.asking import answers as answers  # noqa: PLC0414
from tests.support.asking import ask as ask  # noqa: PLC0414
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, OPERATOR_TOKEN, SECRETS, VIEWER, VIEWER_TOKEN, Headers, basic, bearer

NOBODY, VIEWERS, OPERATORS = "nobody", "viewers", "operators"
WRONG: Final = "wrong secret 1234567"
CAPTURE: Final = "/api/camera/frames?camera=nobody"
"""A write of the operator's that is answered at once."""


class Services:
    """Stream and archiver with all four secrets, and a camera."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ports = {"stream": stack.stream_port, "archiver": int(stack.environment["ARCHIVER_PORT"])}
        self.cookies = {role: self.log_in(secret) for role, secret in ((VIEWERS, VIEWER), (OPERATORS, OPERATOR))}
        self.links = (
            self.make_link({"camera": "cam1"})
            | self.make_link({"frame": 7})
            | self.make_link({"timelapse": "cam1_20261126T120000Z_0123ab"})
        )

    def log_in(self, password: str) -> Headers:
        form = urllib.parse.urlencode({"password": password})
        answer = ask(self.ports["stream"], "POST", "/login", body=form)
        assert answer.status == 303, answer.body
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def make_link(self, wanted: dict[str, Any], headers: Headers | None = None) -> dict[str, str]:
        headers = {"Content-Type": "application/json", **(headers or bearer(VIEWER_TOKEN))}
        answer = ask(self.ports["stream"], "POST", "/api/camera/links", headers, json.dumps(wanted))
        assert answer.status == 200, answer.body
        return {name: value for name, value in json.loads(answer.body).items() if value is not None}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    stack = Stack(tmp_path_factory.mktemp("matrix"), **{name.upper(): value for name, value in SECRETS.items()})
    with fake_ingest(stack.environment["BUS_BIND"], status_of("cam1")) as ingest, filming(ingest), ExitStack() as end:
        end.push(stack)
        for name in ("stream", "archiver"):
            stack.start(name)
        ports = (stack.stream_port, int(stack.environment["ARCHIVER_PORT"]))
        for port in ports:
            wait_until(partial(answers, port), "the service answers", 20)
        snapshot = "/api/cameras/cam1/snapshot"
        wait_until(lambda: ask(ports[0], "GET", snapshot, basic(VIEWER)).status == 200, "there is a picture")
        yield Services(stack)


@contextmanager
def filming(ingest: FakeIngest) -> Iterator[None]:
    """Ten pictures a second."""
    stop = threading.Event()

    def film() -> None:
        while not stop.wait(0.1):
            ingest.show(frame_of("cam1"))

    thread = threading.Thread(target=film)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


WAYS: Final = {
    "no password": NOBODY,
    "wrong Basic": NOBODY,
    "wrong Bearer": NOBODY,
    "wrong cookie": NOBODY,
    "unknown scheme": NOBODY,
    "viewer by Basic": VIEWERS,
    "viewer by Bearer": VIEWERS,
    "viewer by token as Basic": VIEWERS,
    "viewer by cookie": VIEWERS,
    "operator by Basic": OPERATORS,
    "operator by Bearer": OPERATORS,
    "operator by cookie": OPERATORS,
    "viewer's cookie, operator's token": OPERATORS,
    "good cookie, wrong Basic": VIEWERS,
}


def shown(services: Services, way: str) -> Headers:
    viewer, operator = services.cookies[VIEWERS], services.cookies[OPERATORS]
    return {
        "no password": {},
        "wrong Basic": basic(WRONG),
        "wrong Bearer": bearer(WRONG),
        "wrong cookie": {"Cookie": f"{COOKIE}=WzE4OTUzNjMyMDBd.AAAA"},
        "unknown scheme": {"Authorization": "Digest username=x"},
        "viewer by Basic": basic(VIEWER, "viewer"),
        "viewer by Bearer": bearer(VIEWER_TOKEN),
        "viewer by token as Basic": basic(VIEWER_TOKEN, ""),
        "viewer by cookie": viewer,
        "operator by Basic": basic(OPERATOR, "operator"),
        "operator by Bearer": bearer(OPERATOR_TOKEN),
        "operator by cookie": operator,
        "viewer's cookie, operator's token": viewer | bearer(OPERATOR_TOKEN),
        "good cookie, wrong Basic": viewer | basic(WRONG),
    }[way]


READS: Final = [
    ("stream", "/"),
    ("stream", "/live.js"),
    ("stream", "/docs"),
    ("stream", "/openapi.json"),
    ("stream", "/readyz"),
    ("stream", "/api/devices"),
    ("stream", "/api/camera/stream"),
    ("stream", "/api/cameras/cam1/stream"),
    ("stream", "/api/cameras/cam1/stream/status"),
    ("stream", "/api/camera/snapshot"),
    ("stream", "/api/camera/frames"),
    ("stream", "/no/such/page"),
    ("archiver", "/readyz"),
    ("archiver", "/api/camera/frames"),
    ("archiver", "/api/camera/frames/7/image"),
    ("archiver", "/no/such/page"),
]
WRITES: Final = [
    (service, method, path)
    for service in ("stream", "archiver")
    for method, path in (
        ("POST", CAPTURE),
        ("DELETE", "/api/camera/frames/7"),
        ("POST", "/api/camera/timelapses"),
        ("PUT", "/api/camera/retention"),
    )
]


@pytest.mark.parametrize("way", WAYS)
def test_reading_is_for_everybody_with_a_password(services: Services, way: str) -> None:
    """Everything except the health check, by HEAD as by GET."""
    headers = shown(services, way)
    for service, path in READS:
        for method in ("GET", "HEAD"):
            status = ask(services.ports[service], method, path, headers).status
            assert (status == 401) == (WAYS[way] == NOBODY), (service, method, path, status)
            assert status not in (403, 429), (service, method, path, status)
    for port in services.ports.values():
        assert ask(port, "GET", "/healthz", headers).status == 200


@pytest.mark.parametrize("way", WAYS)
def test_writing_is_for_the_operator(services: Services, way: str) -> None:
    """By every method and at every address: a new one is the operator's until somebody decides otherwise."""
    expected = {NOBODY: 401, VIEWERS: 403}.get(WAYS[way])
    for service, method, path in WRITES:
        status = ask(services.ports[service], method, path, shown(services, way)).status
        if expected is None:
            assert status not in (401, 403, 429), (service, method, path, status)
        else:
            assert status == expected, (service, method, path, status)


@pytest.mark.parametrize("way", WAYS)
def test_a_socket_is_for_everybody_with_a_password(services: Services, way: str) -> None:
    """The handshake is refused with the status that says what is missing."""
    address = f"ws://127.0.0.1:{services.ports['stream']}/api/cameras/cam1/ws"
    if WAYS[way] == NOBODY:
        with pytest.raises(InvalidStatus) as caught:
            connect(address, additional_headers=shown(services, way), proxy=None)
        assert caught.value.response.status_code == 401
        return
    with connect(address, additional_headers=shown(services, way), proxy=None) as socket:
        assert isinstance(socket.recv(5), bytes)


def test_links_are_made_by_viewers_for_a_day_and_by_the_operator_for_a_month(services: Services) -> None:
    """A viewer could as well pass on the password; but a link ends soon."""
    day = 24 * 3600
    wanted = {"camera": "cam1", "expires_in_seconds": day}
    assert services.make_link(wanted)
    assert services.make_link(wanted | {"expires_in_seconds": 30 * day}, bearer(OPERATOR_TOKEN))
    json_type = {"Content-Type": "application/json"}
    port = services.ports["stream"]
    longer = json.dumps(wanted | {"expires_in_seconds": day + 1})
    refused = ask(port, "POST", "/api/camera/links", json_type | bearer(VIEWER_TOKEN), longer)
    assert (refused.status, "a day at the most" in refused.detail) == (403, True)
    assert ask(port, "POST", "/api/camera/links", json_type, longer).status == 401
    unknown = json.dumps({"camera": "cam9"})
    wait_until(
        lambda: ask(port, "POST", "/api/camera/links", json_type | bearer(VIEWER_TOKEN), unknown).status == 404,
        "the bus has told its cameras",
    )
    both = json.dumps({"camera": "cam1", "frame": 1})
    assert ask(port, "POST", "/api/camera/links", json_type | bearer(VIEWER_TOKEN), both).status == 422


def test_a_link_opens_what_it_is_for_with_nothing_else_shown(services: Services) -> None:
    """An <img> can send no header."""
    port = services.ports["stream"]
    assert ask(port, "GET", services.links["stream_url"]).status == 200
    assert ask(port, "HEAD", services.links["snapshot_url"]).status == 200
    with connect(f"ws://127.0.0.1:{port}{services.links['websocket_url']}", proxy=None) as socket:
        assert isinstance(socket.recv(5), bytes)
    for either in services.ports.values():
        # Nothing is archived here; a stranger would not learn even that.
        for name in ("image_url", "video_url"):
            wait_until(
                lambda: ask(either, "GET", services.links[name]).status == 404,  # noqa: B023 it is called at once
                "the archive answers that there is none",
            )


def test_a_link_opens_nothing_else(services: Services) -> None:
    """It opens no other camera or frame and no archive, and it changes nothing."""
    signed = services.links["stream_url"].partition("?")[2]
    for path in ("/api/cameras/cam10/stream", "/api/devices", "/archive", "/status", "/api/camera/frames/7/image"):
        assert ask(services.ports["stream"], "GET", f"{path}?{signed}").status == 401, path
    frame = services.links["image_url"]
    for port in services.ports.values():
        assert ask(port, "GET", frame.replace("/7/", "/8/")).status == 401
        assert ask(port, "DELETE", frame.replace("/image", "")).status == 401
        video = services.links["video_url"]
        assert ask(port, "GET", video.replace("0123ab", "0123ac")).status == 401
        assert ask(port, "GET", video.replace("/file", "")).status == 401
        assert ask(port, "DELETE", video.replace("/file", "")).status == 401
    refused = ask(services.ports["stream"], "GET", frame.replace("/7/", "/8/"))
    assert refused.detail == "This link has run out, or is for something else: ask for a new one."


def test_a_browser_is_sent_to_the_login_page_and_a_program_is_asked(services: Services) -> None:
    """By relative addresses, since a proxy may have put the server under any path."""
    port, page = services.ports["stream"], {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert ask(port, "GET", "/", page).headers["location"] == "login"
    away = ask(port, "GET", "/api/camera/stream?camera=cam1", page)
    assert (away.status, away.headers["location"]) == (303, "../../login?next=api/camera/stream%3Fcamera%3Dcam1")
    java, nothing = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "*/*"
    for accept in ("image/*", java, nothing, "text/html"):
        asked = ask(port, "GET", "/api/camera/stream", {"Accept": accept})
        assert (asked.status, asked.headers["www-authenticate"]) == (401, 'Basic realm="Framecast", charset="UTF-8"')
    # A page's own request must raise no window over it.
    assert "www-authenticate" not in ask(port, "GET", "/api/devices", {"Sec-Fetch-Mode": "cors"}).headers
    assert ask(services.ports["archiver"], "GET", "/api/camera/frames", page).status == 401


def test_a_login_goes_on_to_where_one_wanted_to_go_and_nowhere_else(services: Services) -> None:
    """An address of another host in `next` stays a path of ours."""
    port, form = services.ports["stream"], urllib.parse.urlencode({"password": VIEWER})
    for wanted, location in (
        ("api/camera/stream%3Fcamera%3Dcam1", "./api/camera/stream?camera=cam1"),
        ("//elsewhere.example", ".///elsewhere.example"),
        ("https://elsewhere.example", "./https://elsewhere.example"),
        ("a%0d%0aSet-Cookie: x", "./a%0D%0ASet-Cookie:%20x"),
        ("", "./"),
    ):
        answer = ask(port, "POST", f"/login?next={urllib.parse.quote(wanted, safe='%/:')}", body=form)
        assert (answer.status, answer.headers["location"]) == (303, location)


def test_the_cookie_is_for_our_pages_alone(services: Services) -> None:
    """No script reads it, no other site's page makes a browser send it."""
    form = urllib.parse.urlencode({"password": VIEWER})
    cookie = ask(services.ports["stream"], "POST", "/login", body=form).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    gone = ask(services.ports["stream"], "POST", "/logout").headers["set-cookie"]
    assert "Max-Age=0" in gone


def test_a_wrong_password_on_the_login_page_is_told(services: Services) -> None:
    """The page comes again with the message, so that a person can try again."""
    answer = ask(services.ports["stream"], "POST", "/login", body=urllib.parse.urlencode({"password": WRONG}))
    assert answer.status == 401
    assert b"That is not the password." in answer.body
    assert "set-cookie" not in answer.headers
    assert ask(services.ports["stream"], "POST", "/login", body="x" * 5000).status == 422
    assert ask(services.ports["stream"], "POST", "/login", body="%ff").status == 422


def test_a_write_from_another_sites_page_is_refused_though_the_browser_shows_a_password(services: Services) -> None:
    """A browser adds cookies and Basic to requests from any page, but no Bearer token."""
    origins = {"http://elsewhere.example": 403, "null": 403, "http://127.0.0.1:{port}": None, "": None}
    for service, port in services.ports.items():
        for origin, expected in origins.items():
            page = {"Origin": origin.format(port=port)} if origin else {}
            for known in (services.cookies[OPERATORS], basic(OPERATOR)):
                status = ask(port, "POST", CAPTURE, known | page).status
                assert (status == 403) == (expected == 403), (service, origin, status)
            assert ask(port, "POST", CAPTURE, bearer(OPERATOR_TOKEN) | page).status != 403
        fetched = services.cookies[OPERATORS] | {"Sec-Fetch-Site": "same-site"}
        assert ask(port, "DELETE", "/api/camera/frames/7", fetched).status == 403
    page = {"Origin": "http://elsewhere.example"}
    assert (
        ask(services.ports["stream"], "POST", "/login", page, urllib.parse.urlencode({"password": VIEWER})).status
        == 403
    )


def test_a_forwarded_write_counts_as_from_our_own_page(services: Services) -> None:
    """The archiver must see the host that the browser named, not the one that stream connects to."""
    page = {"Origin": f"http://127.0.0.1:{services.ports['stream']}"}
    answer = ask(services.ports["stream"], "POST", CAPTURE, services.cookies[OPERATORS] | page)
    assert answer.status not in (401, 403)


def test_a_socket_from_another_sites_page_is_refused(services: Services) -> None:
    """It could read the pictures, which an <img> can't. With a share link any page may."""
    page = {"Origin": "http://elsewhere.example"}
    address = f"ws://127.0.0.1:{services.ports['stream']}"
    with pytest.raises(InvalidStatus) as caught:
        connect(f"{address}/api/cameras/cam1/ws", additional_headers=page | services.cookies[VIEWERS], proxy=None)
    assert caught.value.response.status_code == 403
    with connect(f"{address}{services.links['websocket_url']}", additional_headers=page, proxy=None) as socket:
        assert isinstance(socket.recv(5), bytes)


def test_no_secret_is_logged(services: Services) -> None:
    """No password, token, cookie or link, right or wrong. Only that a login failed, and from which address."""
    port = services.ports["stream"]
    ask(port, "GET", services.links["snapshot_url"])
    ask(port, "GET", f"/?password={urllib.parse.quote(WRONG)}", basic("typed wrong 1234"))
    ask(services.ports["archiver"], "GET", "/", basic("typed wrong 1234"))
    ask(port, "GET", "/api/cameras/cam1/stream?link=%C3%A9%FF")
    signed = services.links["stream_url"].partition("=")[2]
    session = services.cookies[OPERATORS]["Cookie"].partition("=")[2]
    for name in ("stream", "archiver"):
        output = services.stack.services[name].output()
        assert '"event": "login failed"' in output
        assert '"address": "127.0.0.1"' in output
        for secret in (*SECRETS.values(), WRONG, urllib.parse.quote(WRONG), "typed wrong", signed, session):
            assert secret not in output
