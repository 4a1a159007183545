"""Sign-on by a proxy: whom it names is who one is, and nobody else can name anybody."""

import http.client
import json
import socket
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from shared.bus.status import CameraStatus
from shared.errors import ConfigurationError
from shared.settings import load_settings
from shared.web.access import identification
from shared.web.access.access_secrets import AccessSecrets
from shared.web.access.roles import Role
from shared.web.access.signing import Signer
from shared.web.settings import SIGN_ON_SECRET_HEADER, WebSettings
from tests.stream.api.test_archive_proxy import before_an_archive, passed_on
from tests.support.asking import answers, ask
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.services import ServiceProcess, Stack
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, SECRETS, VIEWER, FakeTime, Headers, basic, web_settings

SECRET = "between-the-proxy-and-us"  # noqa: S105 the test's own
PROOF = {SIGN_ON_SECRET_HEADER: SECRET}
PROXY, STRANGER = "127.0.0.1", "127.0.0.2"
SIGN_ON = {"sign_on_proxies": PROXY, "sign_on_secret": SECRET, "sign_on_operators": "alice, group:camera admins"}
ELSEWHERE = "http://elsewhere.example"
WRITE = "/api/camera/frames/7"


def by(user: str, groups: str | None = None) -> Headers:
    """The headers of the proxy for a user."""
    return {"Remote-User": user, **PROOF} | ({} if groups is None else {"Remote-Groups": groups})


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    """With passwords, too."""
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings={**SECRETS, **SIGN_ON}) as running:
        yield running


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1"), status_of("cam2", is_default=False)]


def role_of(replica: Replica, headers: Headers) -> str | None:
    status, _, body = replica.request("/api/status", headers=headers)
    assert status in (200, 401), body
    return str(json.loads(body)["access"]["role"]) if status == 200 else None


def raw(replica: Replica, *fields: bytes, peer: str = PROXY) -> int:
    """The status of a request with these header fields, byte for byte, from the address `peer`."""
    with socket.create_connection(("127.0.0.1", replica.port), 30, source_address=(peer, 0)) as client:
        lines = (b"GET /api/devices HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close", *fields)
        client.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        return int(client.makefile("rb").readline().split()[1])


def field(name: str, value: str) -> bytes:
    return f"{name}: {value}".encode()


@pytest.mark.parametrize(
    ("headers", "role"),
    [
        (by("bob"), "viewer"),
        (by("alice"), "operator"),
        (by("Alice"), "viewer"),
        (by("bob", "users,camera admins"), "operator"),
        (by("bob", "users, camera admins , others"), "operator"),
        (by("bob", "camera admins of elsewhere"), "viewer"),
        (by("bob", "alice"), "viewer"),
        (by("camera admins"), "viewer"),
        (by("group:camera admins"), "viewer"),
        (by("bob", ""), "viewer"),
        (by(""), None),
        (by("", "camera admins"), None),
        (by("  "), None),
        (PROOF, None),
    ],
)
def test_the_proxys_user_is_a_viewer_and_those_named_are_operators(
    replica: Replica, headers: Headers, role: str | None
) -> None:
    """Names count as they are written. A proxy without a user, as for addresses that it lets pass, proves nothing."""
    assert role_of(replica, headers) == role


def test_authentiks_headers_are_read_as_it_writes_them(bus: str) -> None:
    """It separates groups by a bar, so a comma belongs to a group's name."""
    named = {"sign_on_header": "X-authentik-username", "sign_on_groups_header": "X-authentik-groups"}
    with running_replica(bus, settings={**SIGN_ON, **named}) as replica:

        def role(user: str, groups: str) -> str | None:
            return role_of(replica, {"X-authentik-username": user, "X-authentik-groups": groups, **PROOF})

        assert role("bob", "users|camera admins") == "operator"
        assert role("bob", "users,camera admins") == "viewer"
        assert role_of(replica, by("alice")) is None


@pytest.mark.parametrize(
    ("peer", "fields"),
    [
        (STRANGER, [field("Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET)]),
        (STRANGER, [field("Remote-User", "alice")]),
        (PROXY, [field("Remote-User", "alice")]),
        (PROXY, [field("Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, "")]),
        (PROXY, [field("Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET[:-1])]),
        (PROXY, [field("Remote-User", "alice"), *[field(SIGN_ON_SECRET_HEADER, SECRET)] * 2]),
        (PROXY, [field("Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, f"{SECRET}, {SECRET}")]),
        (PROXY, [field("Remote-User", "alice"), field("X_Sign_On_Secret", SECRET)]),
        (PROXY, [field("Remote_User", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET)]),
        (PROXY, [field("REMOTE-USER ", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET)]),
        (PROXY, [field("X-Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET)]),
        (PROXY, [field("Remote-Groups", "camera admins"), field(SIGN_ON_SECRET_HEADER, SECRET)]),
    ],
)
def test_the_header_alone_is_nobodys_identity(replica: Replica, peer: str, fields: list[bytes]) -> None:
    """It needs the proxy's own address, and the secret, once."""
    assert raw(replica, *fields, peer=peer) in (400, 401)
    assert raw(replica, field("Remote-User", "alice"), field(SIGN_ON_SECRET_HEADER, SECRET)) == 200


def test_a_claim_to_be_the_proxy_is_not_believed(bus: str) -> None:
    """In compose all private networks are trusted proxies. Only the connection's own address counts here."""
    trusting = {**SIGN_ON, "trusted_proxies": "127.0.0.0/8"}
    headers = [field(name, value) for name, value in by("alice").items()]
    with running_replica(bus, settings=trusting) as replica:
        assert raw(replica, *headers, field("X-Forwarded-For", PROXY), peer=STRANGER) == 401
        assert raw(replica, *headers, field("X-Forwarded-For", "203.0.113.7")) == 200


def test_what_is_ignored_is_counted_in_one_line(bus: str) -> None:
    """A password still counts, and a header that no one believes is no wrong password."""
    time = FakeTime()
    with running_replica(bus, clock=time.clock, settings={**SECRETS, **SIGN_ON}) as replica, capture_logs() as lines:
        for _ in range(9):
            assert (
                replica.request("/api/devices", headers={"Remote-User": "eve", SIGN_ON_SECRET_HEADER: "a guess"})[0]
                == 401
            )
        assert replica.request("/api/devices", headers={"Remote-User": "eve"} | basic(VIEWER))[0] == 200
        time.seconds += 60
        replica.request("/api/devices", headers={"Remote-User": "eve"})
    told = [line for line in lines if line["event"] == "sign-on ignored"]
    assert [(line["address"], line["count"]) for line in told] == [(PROXY, 1), (PROXY, 10)]
    assert "guess" not in str(lines)
    assert SECRET not in str(lines)


@pytest.mark.parametrize(
    "fields",
    [
        [b"Remote-User: bob", b"Remote-User: alice"],
        [b"Remote-User: alice", b"remote-user: alice"],
        [b"Remote-User: bob, alice"],
        [b"Remote-User: bob", b"Remote-Groups: users", b"Remote-Groups: camera admins"],
        [b"Remote-User: al\tice"],
        [b"Remote-User: al\x01ice"],
        [b"Remote-User: al\x7fice"],
        [b"Remote-User: alice\xff"],
        ["Remote-User: al\u202eice".encode()],
        ["Remote-User: al\u2028ice".encode()],
        [b"Remote-User: " + b"a" * 257],
    ],
)
def test_a_proxy_that_names_nobody_readable_is_refused(replica: Replica, fields: list[bytes]) -> None:
    """Two names mean that it let a client's own one through: which of them is it?"""
    assert raw(replica, *fields, field(SIGN_ON_SECRET_HEADER, SECRET)) == 400
    assert raw(replica, *fields) in (400, 401), "and of anybody else it is ignored, or no request at all"


def test_a_name_may_have_any_letters(bus: str) -> None:
    """In UTF-8, as proxies send them."""
    with running_replica(bus, settings={**SIGN_ON, "sign_on_operators": "jürgen müller"}) as replica:
        name = "Remote-User: jürgen müller".encode()
        with socket.create_connection(("127.0.0.1", replica.port), 30) as client:
            head = b"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            client.sendall(head + name + b"\r\n" + field(SIGN_ON_SECRET_HEADER, SECRET) + b"\r\n\r\n")
            body = client.makefile("rb").read().partition(b"\r\n\r\n")[2]
        assert json.loads(body)["access"] | {"longest_link_seconds": 0} == {
            "authenticates": True,
            "role": "operator",
            "user": "jürgen müller",
            "longest_link_seconds": 0,
            "makes_tokens": False,
        }


def test_each_request_of_a_connection_is_judged_by_itself(replica: Replica) -> None:
    """A proxy's connection carries the requests of many."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    roles = []
    for headers in (by("alice"), by("bob"), {}, by("alice"), PROOF, by("bob")):
        connection.request("GET", "/api/status", headers=headers)
        answer = connection.getresponse()
        roles.append(json.loads(answer.read()).get("access", {}).get("role"))
    connection.close()
    assert roles == ["operator", "viewer", None, "operator", None, "viewer"]


def test_viewers_read_and_operators_write(replica: Replica) -> None:
    """By the method, as with passwords."""
    assert replica.request(WRITE, "DELETE", by("alice"))[0] == 502, "it was passed on"
    status, _, body = replica.request(WRITE, "DELETE", by("bob"))
    assert (status, json.loads(body)["detail"]) == (
        403,
        "DELETE is for the operator: SIGN_ON_OPERATORS names the users who are.",
    )


def test_a_write_or_a_socket_from_another_sites_page_is_refused(replica: Replica) -> None:
    """The proxy signs on whatever the user's browser sends, so a page from anywhere could write in its name."""
    for foreign in ({"Origin": ELSEWHERE}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert replica.request(WRITE, "DELETE", by("alice") | foreign)[0] == 403, foreign
    own = {"Origin": f"http://127.0.0.1:{replica.port}"}
    assert replica.request(WRITE, "DELETE", by("alice") | own)[0] == 502
    url = f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=by("bob") | {"Origin": ELSEWHERE}, proxy=None)
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"Remote-User": "bob", **own}, proxy=None)
    assert refused.value.response.status_code == 401
    with connect(url, additional_headers=by("bob") | own, proxy=None):
        pass


def test_a_name_that_an_attacker_could_point_at_the_proxy_is_refused(bus: str) -> None:
    """A proxy may know its users by their network, and then signs on the page of an attacker's domain, too."""
    rebound = {"Host": "cams.example.org"}
    with running_replica(bus, settings=SIGN_ON) as replica:
        status, _, body = replica.request("/api/devices", headers=by("bob") | rebound)
        assert status == 403
        assert "name http://cams.example.org in ALLOWED_ORIGINS" in json.loads(body)["detail"]
        assert replica.request("/healthz", headers=by("bob") | rebound)[0] == 200
    for named in ({"allowed_origins": "https://cams.example.org"}, {"site_address": "cams.example.org"}):
        with running_replica(bus, settings={**SIGN_ON, **named}) as replica:
            assert replica.request("/api/devices", headers=by("bob") | rebound)[0] == 200


def test_the_archiver_gets_a_session_of_ours_and_none_of_the_proxys_headers() -> None:
    """It sees stream's address, not the proxy's. A password for the proxy itself is no wrong one of ours."""
    with before_an_archive(**SECRETS, **SIGN_ON) as replica:
        signer = Signer(AccessSecrets(web_settings(**SECRETS, **SIGN_ON)).keys, FakeTime().clock)
        for user, role in (("alice", Role.OPERATOR), ("bob", Role.VIEWER)):
            proxied = basic("for the proxy") | {"Cookie": "session_of_the_proxy=1"}
            given = passed_on(replica, by(user, "some group") | proxied)
            assert given.keys() == {"Cookie"}
            assert signer.role_of_session(given["Cookie"].partition("=")[2]) is role
        assert replica.request("/api/devices", headers=basic(VIEWER))[0] == 200, "no guess was counted"


def test_who_logs_in_with_the_operators_password_is_the_operator(replica: Replica) -> None:
    """And is told that logging out here does not end the sign-on."""
    form = urllib.parse.urlencode({"password": OPERATOR}).encode()
    status, headers, _ = replica.request("/login", "POST", by("bob"), form)
    assert status == 303
    cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}
    assert role_of(replica, by("bob") | cookie) == "operator"
    assert b"You are signed on as &lt;b&gt; by the proxy" in replica.request("/login", headers=by("<b>"))[2]


def test_the_header_offers_only_acts_that_lead_somewhere(replica: Replica, bus: str) -> None:
    """To log in as the operator where there is an operator's password, to log out where there is a session."""

    def told(replica: Replica, headers: Headers) -> str:
        return replica.request("/", headers=headers)[2].decode().partition("<html ")[2].partition(" data-zone")[0]

    def session(replica: Replica, password: str, headers: Headers) -> Headers:
        answer = replica.request("/login", "POST", headers=headers, body=f"password={password}".encode())
        return headers | {"Cookie": answer[1]["set-cookie"].partition(";")[0]}

    assert told(replica, by("bob")) == 'data-role="viewer" data-login'
    assert told(replica, session(replica, OPERATOR, by("bob"))) == 'data-role="operator" data-logout'
    assert told(replica, by("alice")) == 'data-role="operator"'
    assert told(replica, session(replica, VIEWER, {})) == 'data-role="viewer" data-login data-logout'
    assert told(replica, session(replica, OPERATOR, {})) == 'data-role="operator" data-logout'
    assert told(replica, basic(VIEWER)) == 'data-role="viewer" data-login', "a browser would send it again"
    with running_replica(bus, settings=SIGN_ON) as without_passwords:
        assert told(without_passwords, by("bob")) == 'data-role="viewer"'
    with running_replica(bus, settings={"viewer_password": VIEWER}) as viewers_alone:
        assert told(viewers_alone, session(viewers_alone, VIEWER, {})) == 'data-role="viewer" data-logout'


def test_without_a_password_there_is_no_login_page(bus: str) -> None:
    """Nothing that one could type there would help."""
    with running_replica(bus, settings=SIGN_ON) as replica:
        for path in ("/", "/api/devices"):
            status, headers, body = replica.request(path, headers={"Accept": "application/xhtml+xml"})
            assert (status, "www-authenticate" in headers) == (401, False), path
            assert "You are not signed on" in json.loads(body)["detail"]
        assert replica.request("/login")[0] == 303
        assert replica.request("/", headers=by("bob"))[0] == 200
        assert replica.request("/healthz")[0] == 200


def test_a_share_link_of_a_signed_on_user_opens_for_others(bus: str, ingest: FakeIngest) -> None:
    """Its signature ends with the proxy's secret."""
    assert ingest
    with running_replica(bus, settings=SIGN_ON) as replica:
        wait_until(lambda: b"cam1" in replica.request("/api/devices", headers=by("bob"))[2], "the camera is known")
        wanted = json.dumps({"camera": "cam1"}).encode()
        made = {"Content-Type": "application/json", **by("bob")}
        link = json.loads(replica.request("/api/camera/links", "POST", made, wanted)[2])
        assert replica.request(link["page_url"])[0] == 200
    with running_replica(bus, settings={**SIGN_ON, "sign_on_secret": f"{SECRET} changed".replace(" ", "-")}) as replica:
        assert replica.request(link["page_url"])[0] == 401


@pytest.mark.parametrize("direct", [True, False])
def test_a_stream_is_opened_anew_after_a_while(
    bus: str, ingest: FakeIngest, monkeypatch: pytest.MonkeyPatch, direct: bool
) -> None:
    """Otherwise a user whom the proxy has locked out would watch for as long as the stream lasts."""
    with running_replica(bus, direct=direct, settings=SIGN_ON) as replica:
        wait_until(lambda: b"cam1" in replica.request("/api/devices", headers=by("bob"))[2], "the camera is known")
        monkeypatch.setattr(identification, "SIGN_ON_SECONDS", 2)
        with (
            Viewer(replica.port, headers=by("bob")) as viewer,
            connect(
                f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws", additional_headers=by("bob"), proxy=None
            ) as client,
        ):
            ingest.show(frame_of("cam1"))
            wait_until(lambda: viewer.parts, "a picture came")
            assert viewer.ended.wait(30), "the stream has ended"
            with suppress(ConnectionClosed):
                while True:
                    client.recv(30)
            assert (client.close_code, client.close_reason) == (1001, "Connect again: your sign-on is to be checked.")


def test_a_signed_on_users_socket_takes_any_camera(bus: str, ingest: FakeIngest) -> None:
    """Only a link's is for one."""
    assert ingest
    with running_replica(bus, settings=SIGN_ON) as replica:
        wait_until(lambda: b"cam2" in replica.request("/api/devices", headers=by("bob"))[2], "the camera is known")
        url = f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws"
        with connect(url, additional_headers=by("bob"), proxy=None) as client:
            client.send('{"watch": "cam2"}')
            wait_until(lambda: replica.hub.viewer_count("cam2") == 1, "it watches the other one")


def test_off_it_means_nothing(bus: str) -> None:
    """As it is until somebody asks for it."""
    with running_replica(bus, settings=SECRETS) as replica:
        assert role_of(replica, by("alice")) is None
    with running_replica(bus) as replica:
        answer = json.loads(replica.request("/api/status", headers=by("alice"))[2])["access"]
        assert (answer["role"], answer["user"]) == ("operator", None)


def test_the_archiver_itself_takes_the_proxys_word_as_stream_does(tmp_path: Path) -> None:
    """Gateways lead the archive's addresses to it directly. And what stream passes on it knows by its signature."""
    stack = Stack(tmp_path, **{name.upper(): value for name, value in SIGN_ON.items()})
    with closing(stack._stack):
        ports = (stack.stream_port, int(stack.environment["ARCHIVER_PORT"]))
        for name in ("archiver", "stream"):
            stack.start(name)
        for port in ports:
            wait_until(partial(answers, port), "the service answers", 60)
        for port in ports:
            listed = partial(ask, port, "GET", "/api/camera/frames", by("bob"))
            wait_until(lambda: listed().status == 200, "the archive is open", 60)  # noqa: B023 asked at once
            assert ask(port, "DELETE", WRITE, by("bob")).status == 403
            assert ask(port, "DELETE", WRITE, by("alice")).status == 404
            assert ask(port, "GET", "/api/camera/frames", {"Remote-User": "alice"}).status == 401


@pytest.mark.parametrize(
    "address",
    ["10.0.0.0/8", "127.0.0.1/32", "::1/128", "proxy", "0.0.0.0", "::", "fe80::1%eth0", "*", "10.0.0.1-10.0.0.9"],  # noqa: S104 only settings' values
)
def test_only_single_addresses_can_be_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has an address of a network would be believed with the secret alone."""
    monkeypatch.setenv("SIGN_ON_PROXIES", f"127.0.0.1,{address}")
    monkeypatch.setenv("SIGN_ON_SECRET", SECRET)
    with pytest.raises(ConfigurationError, match=r"SIGN_ON_PROXIES is .* but must be single addresses"):
        load_settings(WebSettings)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"SIGN_ON_SECRET": ""}, "SIGN_ON_PROXIES and SIGN_ON_SECRET must be set both"),
        ({"SIGN_ON_PROXIES": ""}, "SIGN_ON_PROXIES and SIGN_ON_SECRET must be set both"),
        ({"SIGN_ON_PROXIES": "", "SIGN_ON_SECRET": ""}, "SIGN_ON_OPERATORS is set, so SIGN_ON_PROXIES and"),
        ({"SIGN_ON_SECRET": "too short"}, "SIGN_ON_SECRET is set to something else (not shown"),
        ({"SIGN_ON_SECRET": "not one word, but 16 and more"}, "SIGN_ON_SECRET is set to something else (not shown"),
        ({"SIGN_ON_SECRET": "schlüssel-über-dem-türchen"}, "SIGN_ON_SECRET is set to something else (not shown"),
        ({"VIEWER_TOKEN": SECRET}, "are the same: each must be a secret of its own"),
        ({"SIGN_ON_HEADER": "Remote_User"}, "SIGN_ON_HEADER is 'Remote_User' but must be a header's name"),
        ({"SIGN_ON_HEADER": "Remote-User:"}, "SIGN_ON_HEADER is 'Remote-User:' but must be a header's name"),
        ({"SIGN_ON_HEADER": "Host"}, "SIGN_ON_HEADER is 'Host' but must be a header's name"),
        ({"SIGN_ON_GROUPS_HEADER": "Cookie"}, "SIGN_ON_GROUPS_HEADER is 'Cookie' but must be a header's name"),
        ({"SIGN_ON_GROUPS_HEADER": "remote-user"}, "must differ"),
        ({"SIGN_ON_HEADER": "x-sign-on-secret"}, "must differ"),
        ({"SIGN_ON_OPERATORS": "alice,group:"}, "SIGN_ON_OPERATORS is 'alice,group:' but must be names"),
    ],
)
def test_settings_that_protect_nothing_are_refused_in_a_line(
    changed: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them shows the secret."""
    for name, value in ({name.upper(): value for name, value in SIGN_ON.items()} | changed).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(WebSettings)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_service_that_cannot_sign_on_ends_with_one_line_and_code_2(tmp_path: Path) -> None:
    """Instead of taking everybody's word."""
    settings = {"SIGN_ON_PROXIES": "172.16.0.0/12", "SIGN_ON_SECRET": SECRET, "STREAM_PORT": str(free_port())}
    process = ServiceProcess("services.stream", settings, tmp_path / "log")
    assert process.wait(60) == 2
    process.stop()
    assert process.output() == (
        "SIGN_ON_PROXIES is '172.16.0.0/12' but must be single addresses separated by commas, such as "
        "127.0.0.1,172.18.0.5, and no network.\n"
    )


def test_an_ipv4_client_of_an_ipv6_socket_is_known_by_its_address() -> None:
    """The socket shows it as ::ffff:127.0.0.1, and one may write the proxy so."""
    assert (
        web_settings(**SIGN_ON | {"sign_on_proxies": "::ffff:127.0.0.1"}).sign_on_proxies
        == web_settings(**SIGN_ON).sign_on_proxies
    )


def test_sign_on_is_access_enough_to_be_reached_from_outside() -> None:
    """Nobody gets in without it."""
    assert web_settings(**SIGN_ON).authenticates
