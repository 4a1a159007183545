"""The configurations of gateways that we ship take from clients what only a proxy may say: whom it has signed on.

Each program runs with the file as it is shipped; only the addresses are the test's.
"""

import http.client
import http.server
import json
import re
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.web.settings import SIGN_ON_SECRET_HEADER
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
NAMES = (
    "Remote-User",
    "Remote-Groups",
    "X-Authentik-Username",
    "X-Authentik-Groups",
    "X-Remote-User-Name",
    SIGN_ON_SECRET_HEADER,
)
"""Those that docs/access.md tells to use."""
Fields = Sequence[tuple[str, str]]


class _Service(http.server.BaseHTTPRequestHandler):
    """In place of stream and archiver: keeps the header fields of the newest request."""

    protocol_version = "HTTP/1.1"
    received: Fields

    def do_GET(self) -> None:
        type(self).received = [(name.lower(), value) for name, value in self.headers.items()]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def served_by(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port of a server that answers with `handler`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def service() -> Iterator[int]:
    with served_by(_Service) as port:
        yield port


def replaced(text: str, *places: tuple[str, str]) -> str:
    for placed, found in places:
        assert placed in text, placed
        text = text.replace(placed, found)
    return text


def caddy(port: int, service: int, directory: Path) -> list[str]:
    text = replaced(
        (ROOT / "deploy/https/Caddyfile").read_text(),
        (":8001, {$SITE_ADDRESS}", f"http://127.0.0.1:{port}"),
        ("a stream 8001", f"a 127.0.0.1 {service}"),
        ("a archiver 8002", f"a 127.0.0.1 {service}"),
    )
    (directory / "Caddyfile").write_text(text)
    return ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]


def nginx(port: int, service: int, directory: Path) -> list[str]:
    """With a TLS port less, for which there would have to be a certificate."""
    text = replaced(
        (ROOT / "deploy/nginx/framecast.conf").read_text(),
        ("listen 8001;", f"listen 127.0.0.1:{port};"),
        ("server stream:8001", f"server 127.0.0.1:{service}"),
        ("server archiver:8002", f"server 127.0.0.1:{service}"),
    )
    without_tls = re.sub(r"^ +(listen 443|ssl_).*\n", "", text, flags=re.MULTILINE)
    assert without_tls.count("listen") == 1
    return nginx_with(without_tls, directory)


def nginx_with(text: str, directory: Path) -> list[str]:
    """nginx with `text` as its `http` block."""
    places = "".join(f"{kind}_temp_path {directory};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    http_block = f"http {{ access_log off; {places}\n{text}}}\n"
    (directory / "nginx.conf").write_text(f"pid {directory}/pid; master_process off; events {{}} {http_block}")
    return ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]


@contextmanager
def running(
    command: list[str], port: int, directory: Path, answers: Collection[int] = frozenset({200})
) -> Iterator[None]:
    homes = {"XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
    with (directory / "log").open("wb") as log:
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **homes}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: status_of(port) in answers, "the gateway answers", 30)
            yield
        finally:
            process.terminate()
            process.wait(30)


def status_of(port: int, path: str = "/", fields: Fields = ()) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest("GET", path)
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(caddy, marks=pytest.mark.clients("caddy", "caddy")),
        pytest.param(nginx, marks=pytest.mark.clients("nginx", "nginx-light")),
    ],
)
def test_a_client_passes_no_sign_on_through_a_gateway_of_ours(
    program: Callable[[int, int, Path], list[str]], service: int, tmp_path: Path
) -> None:
    """In any letters, and twice. Neither to stream nor to the archiver."""
    port = free_port()
    spellings = [spelling for name in NAMES for spelling in (name, name.lower(), name.upper())]
    with running(program(port, service, tmp_path), port, tmp_path):
        for path in ("/", "/api/devices", "/api/camera/stream", "/api/camera/frames", "/api/camera/timelapses/1"):
            sent = [(name, "alice") for name in spellings]
            assert status_of(port, path, [("X-Kept", "yes"), *sent]) == 200
            names = [name for name, _ in _Service.received]
            assert "x-kept" in names, "this is the request"
            assert "x-forwarded-for" in names, "and it came through the gateway"
            assert not {name.lower() for name in NAMES} & set(names), path


class _SignOn(http.server.BaseHTTPRequestHandler):
    """In place of Authelia and Authentik: the cookie is the user's name. Nobody without one is signed on."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        user = self.headers.get("Cookie", "").removeprefix("user=")
        self.send_response(200 if user else 401)
        if user:
            for prefix, separator in (
                ("Remote-User Remote-Groups", ","),
                ("X-authentik-username X-authentik-groups", "|"),
            ):
                name, groups = prefix.split()
                self.send_header(name, user)
                self.send_header(groups, separator.join(["users", "admins"] if user == "carol" else ["users"]))
        else:
            self.send_header("Location", "http://login.example/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def sign_on() -> Iterator[int]:
    with served_by(_SignOn) as port:
        yield port


@pytest.mark.clients("nginx", "nginx-light")
@pytest.mark.parametrize(
    ("heading", "place", "user_header", "groups_header"),
    [
        ("Authelia", "authelia:9091", "Remote-User", "Remote-Groups"),
        ("Authentik", "authentik:9000", "X-Authentik-Username", "X-Authentik-Groups"),
        ("Home Assistant's ingress", "172.30.32.2", "X-Remote-User-Name", "Remote-Groups"),
    ],
)
def test_the_blocks_in_the_documents_sign_users_on(  # noqa: PLR0913, PLR0917 fixtures and a row
    heading: str, place: str, user_header: str, groups_header: str, bus: str, sign_on: int, tmp_path: Path
) -> None:
    """As they are pasted, with addresses of the test's own. A client's own headers change nothing."""
    page = (ROOT / "docs/access.md").read_text()
    block = page.partition(f"### {heading}\n")[2].partition("```nginx\n")[2].partition("```")[0]
    secret = re.findall(r"X-Sign-On-Secret ([^;]+);", block)[0]
    settings = {
        "sign_on_proxies": "127.0.0.1",
        "sign_on_secret": secret,
        "sign_on_header": user_header,
        "sign_on_groups_header": groups_header,
        "sign_on_operators": "alice,group:admins",
    }
    port, is_ingress = free_port(), place[0].isdecimal()
    with running_replica(bus, settings=settings) as replica:
        text = replaced(
            block,
            ("http://127.0.0.1:8001", f"http://127.0.0.1:{replica.port}"),
            (place, "127.0.0.1" if is_ingress else f"127.0.0.1:{sign_on}"),
        )
        upgrade = 'map $http_upgrade $framecast_connection { default upgrade; "" close; }'
        command = nginx_with(f"{upgrade} server {{ listen 127.0.0.1:{port}; {text} }}", tmp_path)

        def asked(user: str, **forged: str) -> tuple[int, object]:
            shown = {user_header: user} if is_ingress else {"Cookie": f"user={user}"}
            forged = {name.replace("_", "-"): value for name, value in forged.items()}
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request("GET", "/api/status", headers={**forged, **(shown if user else {})})
                answer = connection.getresponse()
                body = answer.read()
                return answer.status, json.loads(body)["access"] if answer.status == 200 else None
            finally:
                connection.close()

        with running(command, port, tmp_path, answers={200, 302, 401}):
            for user, role in (
                ("alice", "operator"),
                ("bob", "viewer"),
                ("carol", "viewer" if is_ingress else "operator"),
            ):
                seconds = {"viewer": 24 * 3600, "operator": 30 * 24 * 3600}[role]
                access = {
                    "authenticates": True,
                    "role": role,
                    "user": user,
                    "longest_link_seconds": seconds,
                    "makes_tokens": False,
                }
                assert asked(user) == (200, access)
                forged = {"Remote_Groups": "admins", "X_Authentik_Groups": "admins", "X_Sign_On_Secret": "mine"}
                assert asked(user, **forged) == (200, access)
            assert asked("")[0] == (401 if is_ingress else 302)
            alice = {} if is_ingress else {"Remote_User": "alice", "X_Authentik_Username": "alice"}
            assert asked("", **alice)[0] == (401 if is_ingress else 302)


def test_each_proxy_in_the_documents_takes_them_away_or_sets_them() -> None:
    """They are copied as they are."""
    found = 0
    for page in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            if "proxy_pass http" not in block:
                continue
            found += 1
            for name in NAMES:
                assert f"proxy_set_header {name} " in block, (page.name, name)
    assert found > 3
