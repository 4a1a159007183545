"""Proxies of each kind in front: with the Host kept or rewritten, X-Forwarded-For written, added to or left as it came,
and below a path. To us each of their requests comes from loopback.
"""

import itertools
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from services.ingest.access.guess_limit import FREE_IN_ALL, SECONDS_FOR_EACH
from tests.attacks.conftest import Count
from tests.support.asking import Answer, ask
from tests.support.owned_stack import JSON, Headers, OwnedStack
from tests.support.ports import free_port
from tests.web.support import basic
from tests.web.test_gateways import nginx_with, running

PUBLIC: Final = "cams.example.org"
HOSTS: Final = ("kept", "rewritten")
FORWARDED: Final = ("written", "added", "as it came", "taken away")
PATHS: Final = ("", "/cams")
KINDS: Final = list(itertools.product(HOSTS, FORWARDED, PATHS))
ADDRESSES: Final = (*(f"127.30.0.{number}" for number in range(1, len(KINDS))), "127.0.0.1")
"""Of this machine: one for each kind, at one port."""
READS: Final = (
    "/",
    "/status",
    "/archive",
    "/docs",
    "/api/devices",
    "/api/status",
    "/api/camera/stream",
    "/api/camera/frames",
)
LIES: Final[list[Headers]] = [
    {},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1, ::1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1;host=localhost"},
    {"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https", "X-Forwarded-For": "localhost"},
    {"X-Forwarded-Prefix": "/setup", "X-Original-URL": "/healthz", "X-Rewrite-URL": "/healthz"},
    {"Remote-User": "admin", "X-Sign-On-Secret": "", "X-Remote-User-Name": "admin"},
]


def nginx(port: int, service: int, directory: Path) -> list[str]:
    rules = {
        "written": "proxy_set_header X-Forwarded-For $remote_addr;",
        "added": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
        "as it came": "",
        "taken away": 'proxy_set_header X-Forwarded-For "";',
    }
    servers = []
    for address, (host, forwarded, path) in zip(ADDRESSES, KINDS, strict=True):
        named = "proxy_set_header Host $http_host;" if host == "kept" else ""  # nginx's default is the upstream's name
        to = f"proxy_pass http://127.0.0.1:{service}{'/' if path else ''};"
        location = f"location {path}/ {{ {to} proxy_buffering off; {named} {rules[forwarded]} }}"
        servers.append(f"server {{ listen {address}:{port}; {location} }}")
    return nginx_with("\n".join(servers), directory)


def caddy(port: int, service: int, directory: Path) -> list[str]:
    """It adds to X-Forwarded-For only where it trusts the client; `header_up` makes the others."""
    rules = {
        "written": "",
        "added": 'header_up X-Forwarded-For "{http.request.header.X-Forwarded-For}, {remote_host}"',
        "as it came": "header_up X-Forwarded-For {http.request.header.X-Forwarded-For}",
        "taken away": "header_up -X-Forwarded-For",
    }
    sites = ["{\n admin off\n auto_https off\n skip_install_trust\n}"]
    for address, (host, forwarded, path) in zip(ADDRESSES, KINDS, strict=True):
        named = "" if host == "kept" else "header_up Host {upstream_hostport}"
        to = f"reverse_proxy 127.0.0.1:{service} {{\n flush_interval -1\n {named}\n {rules[forwarded]}\n}}"
        body = f"handle_path {path}/* {{\n{to}\n}}" if path else to
        sites.append(f"http://:{port} {{\n bind {address}\n{body}\n}}")
    (directory / "Caddyfile").write_text("\n".join(sites))
    return ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]


PROGRAMS: Final = [
    pytest.param(nginx, marks=pytest.mark.clients("nginx", "nginx-light")),
    pytest.param(caddy, marks=pytest.mark.clients("caddy", "caddy")),
]
Program = Callable[[int, int, Path], list[str]]


class Front:
    """One kind of proxy in front of stream."""

    def __init__(self, address: str, port: int, kind: tuple[str, str, str]) -> None:
        self.address = address
        self.port = port
        self.host, self.forwarded, self.path = kind
        self.name = f"Host {self.host}, X-Forwarded-For {self.forwarded}, {self.path or 'no path'}"

    def ask(self, method: str, path: str, headers: Headers | None = None, body: str | None = None) -> Answer:
        """The head of the answer: it says all."""
        named = {"Host": PUBLIC} | (headers or {})
        return ask(self.port, method, self.path + path, named, body, host=self.address, reads_body=False)


@contextmanager
def fronts(program: Program, house: OwnedStack, directory: Path) -> Iterator[list[Front]]:
    port, own = free_port(), directory / "front"
    own.mkdir()
    answering = frozenset({200, 303, 401, 403, 404})
    with running(program(port, house.stream_port, own), port, own, answers=answering):
        yield [Front(address, port, kind) for address, kind in zip(ADDRESSES, KINDS, strict=True)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_behind_each_proxy_there_is_the_setup_page_alone_and_then_a_password(
    program: Program, tmp_path: Path, count: Count
) -> None:
    """Nobody is the owner for coming from loopback, as all do behind a proxy on the same computer."""
    tally = count("requests behind proxies")
    with OwnedStack(tmp_path, TRUSTED_PROXIES="127.0.0.1") as house, fronts(program, house, tmp_path) as all_fronts:
        for front, lies in itertools.product(all_fronts, LIES):
            for path in READS:
                status = front.ask("GET", path, lies).status
                tally.attempt(f"{path} unclaimed, {front.name}, {lies}", got_in=status not in (401, 403))
            for form in ("code=&password=chosen+by+a+stranger", "password=chosen+by+a+stranger", "code=0000-0000-0000"):
                answer = front.ask("POST", "/setup", lies, form)
                tally.attempt(f"setup, {front.name}, {lies}", got_in=answer.status < 400)
            for method, path, body in WRITES:
                status = front.ask(method, path, lies | JSON, body).status
                tally.attempt(f"{method} {path} unclaimed, {front.name}, {lies}", got_in=status < 400)
        operator = house.claim()
        for front, lies in itertools.product(all_fronts, LIES):
            for path in READS:
                status = front.ask("GET", path, lies).status
                tally.attempt(f"{path} claimed, {front.name}, {lies}", got_in=status not in (401, 403))
            for method, path, body in WRITES:
                status = front.ask(method, path, lies | JSON, body).status
                tally.attempt(f"{method} {path} claimed, {front.name}, {lies}", got_in=status < 400)
        for front in all_fronts:
            assert front.ask("GET", "/api/devices", operator).status == 200, front.name


WRITES: Final = (
    ("POST", "/api/access/tokens", '{"name": "a stranger\'s", "role": "operator"}'),
    ("PUT", "/api/access/passwords/operator", '{"password": "chosen by a stranger"}'),
    ("DELETE", "/api/access/sessions?mine=true", None),
    ("POST", "/api/camera/frames?camera=camera_1", None),
    ("POST", "/api/camera/links", '{"camera": "camera_1"}'),
)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("trusted", ["", "127.0.0.1", "127.0.0.0/8"])
def test_behind_each_proxy_guesses_have_their_limit(
    program: Program, trusted: str, tmp_path: Path, count: Count
) -> None:
    """Under an invented address each: at worst the limit for all together holds."""
    tally, number, statuses = count("passwords, behind proxies"), 0, Counter[int]()
    with (
        OwnedStack(tmp_path, names=("ingest", "stream"), TRUSTED_PROXIES=trusted) as house,
        fronts(program, house, tmp_path) as all_fronts,
    ):
        operator, began = house.claim(), time.monotonic()
        for front in all_fronts:
            for _ in range(12):
                number += 1
                invented = {"X-Forwarded-For": f"203.0.{number // 250}.{number % 250}"}
                if number % 2:
                    status = front.ask("GET", "/api/devices", invented | basic(f"guess {number}")).status
                else:
                    form = urllib.parse.urlencode({"password": f"guess {number}"})
                    status = front.ask("POST", "/login", invented, form).status
                statuses[status] += 1
                tally.attempt(f"guess {number}, {front.name}", got_in=status in (200, 303))
        allowed = FREE_IN_ALL + (time.monotonic() - began) / SECONDS_FOR_EACH
        assert statuses[401] <= allowed, statuses
        assert set(statuses) <= {401, 429, 503}, statuses
        assert house.everywhere(operator) == {200}
        assert house.operator(), "the owner's turn comes"


@pytest.mark.parametrize("program", PROGRAMS)
def test_behind_each_proxy_a_strangers_page_writes_nothing_with_the_owners_cookie(
    program: Program, tmp_path: Path, count: Count
) -> None:
    """Over plain HTTP a browser tells but the page's origin; over HTTPS the site, too."""
    tally = count("writes of a stranger's page, behind proxies")
    with (
        OwnedStack(tmp_path, names=("ingest", "stream"), TRUSTED_PROXIES="127.0.0.1") as house,
        fronts(program, house, tmp_path) as all_fronts,
    ):
        operator = house.claim()
        before = house.tokens(operator)
        pages: list[Headers] = [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": f"http://{PUBLIC}.evil.example"},
            {"Origin": f"http://{PUBLIC}", "Sec-Fetch-Site": "cross-site"},
            {"Origin": f"https://{PUBLIC}:8443", "Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site"},
        ]
        for front, page in itertools.product(all_fronts, pages):
            for method, path, body in (
                *WRITES,
                ("POST", "/logout", None),
                ("POST", "/login", "password=x"),
                ("POST", "/setup", "code=x"),
            ):
                for kind in (JSON, {"Content-Type": "text/plain"}):
                    status = front.ask(method, path, operator | page | kind, body).status
                    tally.attempt(f"{method} {path}, {front.name}, {page}", got_in=status != 403)
        assert house.tokens(operator) == before
        assert house.everywhere(operator) == {200}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_proxy_before_an_open_house_lets_nobody_keep_anything_without_the_code(
    program: Program, tmp_path: Path, count: Count
) -> None:
    """On loopback alone whoever sits here looks. A proxy that rewrites the Host makes that of others."""
    tally = count("decisions behind proxies, in a house without a password")
    with (
        OwnedStack(tmp_path, names=("ingest", "stream"), PUBLISH_ADDRESS="127.0.0.1") as house,
        fronts(program, house, tmp_path) as all_fronts,
    ):
        assert house.status_of({}) == 200
        for front, lies in itertools.product(all_fronts, LIES):
            for method, path, body in WRITES[:2]:
                for code in ("", "0000-0000-0000", None):
                    wanted = body and (body if code is None else f'{body[:-1]}, "code": "{code}"}}')
                    answer = front.ask(method, path, lies | JSON, wanted)
                    tally.attempt(f"{method} {path}, {front.name}, {lies}", got_in=answer.status < 400)
        assert house.claim(), "the owner's turn comes"
        assert house.status_of({}) == 401
