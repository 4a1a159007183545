"""What the doctor says of what it meets at an address, before there is any check-up."""

import json
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from services.doctor import texts
from services.doctor.__main__ import tell
from services.doctor.address import BadAddressError, PageAddress
from services.doctor.visit import Secret, visit
from services.doctor.web import CannotLookError
from shared import __version__
from shared.checkup.finding import Finding, Weight
from tests.support.other_server import Given, other_server
from tests.support.ports import free_port

HEALTHY: Given = (200, {"Content-Type": "application/json"}, b'{"status":"ok"}')
STYLE: Given = (200, {"Content-Type": "text/css; charset=utf-8"}, b"")
FRAMECAST = {"/healthz": HEALTHY, "/framecast.css": STYLE}
CLOSED: Given = (401, {"WWW-Authenticate": 'Basic realm="Framecast"'}, b'{"detail": "A password is needed: log in."}')
SECRET: Secret = ("password", "not the password")


def check_up(at: float, version: str = __version__) -> Given:
    finding = {"weight": "well", "about": "Ingest", "text": "Cameras are reported.", "advice": ""}
    now = datetime.fromtimestamp(at, UTC).isoformat()
    return 200, {}, json.dumps({"now": now, "version": version, "role": "operator", "findings": [finding]}).encode()


def nobody() -> Secret | None:
    return None


def why_not(address: str, secret: Secret | None = None) -> Finding:
    """Why the page at this address can't be asked."""
    with pytest.raises(CannotLookError) as refused:
        visit(PageAddress.parse(address), lambda: secret)
    assert refused.value.finding.weight is Weight.WRONG
    return refused.value.finding


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("camera.local:8001", "http://camera.local:8001/"),
        ("http://camera.local", "http://camera.local/"),
        ("https://camera.local:443/cams/", "https://camera.local/cams/"),
        ("http://[fe80::1]:8001/", "http://[fe80::1]:8001/"),
    ],
)
def test_an_address_is_taken_as_people_write_it(given: str, address: str) -> None:
    """With a scheme or without."""
    assert str(PageAddress.parse(given)) == address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "http://",
        "ftp://camera.local",
        "file:///etc/passwd",
        "http://camera.local:99999",
        "http://[::1",
        "http://a b",
        "http://camera.local/\n",
        "http://ümlaut.local",
        "http://me:s3cret@camera.local",
        "me:s3cret@camera.local:8001",
        "http://camera.local/?token=s3cret",
        "http://camera.local/#s3cret",
    ],
)
def test_an_address_that_is_none_is_refused_without_a_word_of_it(given: str) -> None:
    """A password may be in it."""
    with pytest.raises(BadAddressError) as refused:
        PageAddress.parse(given)
    assert "s3cret" not in str(refused.value)


def test_a_name_that_nobody_knows() -> None:
    """The resolver's own word is worth little."""
    assert why_not("http://camera.invalid:8001").text == "No computer is known by the name 'camera.invalid'."


def test_a_port_where_nothing_listens_and_one_that_speaks_something_else() -> None:
    """Most often the port is wrong."""
    port = free_port()
    assert why_not(f"http://127.0.0.1:{port}").text == f"Nothing listens at port {port} of 127.0.0.1."
    with other_server(FRAMECAST) as origin:
        assert why_not(origin.replace("http:", "https:")).text == texts.NO_HTTPS


def test_a_port_that_speaks_no_http() -> None:
    """A camera's RTSP port, say."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(1024)
            connection.sendall(b"RTSP/1.0 400 Bad Request\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        assert why_not(f"http://127.0.0.1:{server.getsockname()[1]}").text == texts.NO_HTTP
        thread.join()


@pytest.mark.parametrize(
    ("answers", "path", "words"),
    [
        ({}, "", texts.NOT_FRAMECAST),
        ({"/healthz": (200, {}, b"<h1>OK</h1>")}, "", texts.NOT_FRAMECAST),
        ({"/healthz": (200, {}, b'["status"]')}, "", texts.NOT_FRAMECAST),
        ({"/healthz": HEALTHY}, "", texts.NO_PAGE),
        ({"/healthz": (502, {}, b"Bad Gateway")}, "", "A proxy answers with status 502"),
        (
            {"/healthz": (308, {"Location": "https://u:s3cret@x.example/healthz?t=s3cret"}, b"")},
            "",
            "https://x.example/",
        ),
        (FRAMECAST, "/cams", "Framecast is there at another path"),
        ({**FRAMECAST, "/api/check": (404, {}, b"{}")}, "", texts.UPDATE_IT),
        ({**FRAMECAST, "/api/check": (200, {}, b"{}")}, "", texts.NOT_UNDERSTOOD),
        ({**FRAMECAST, "/api/check": (403, {}, b'{"detail": "Use its own name."}')}, "", "Use its own name."),
        ({**FRAMECAST, "/api/check": (500, {}, b"")}, "", "The server answers with status 500."),
        ({**FRAMECAST, "/api/check": CLOSED}, "", "A password is needed: log in."),
    ],
)
def test_what_is_not_as_it_should_be_is_named(answers: dict[str, Given], path: str, words: str) -> None:
    """Each with what to do, but where the server itself says it."""
    with other_server(answers) as origin:
        found = why_not(origin + path)
    assert words in found.text
    assert "s3cret" not in f"{found.text} {found.advice}"


@pytest.mark.parametrize(("headers", "advice"), [(CLOSED[1], texts.HOW_TO_LOG_IN), ({}, "")])
def test_a_password_is_asked_for_only_where_one_would_help(headers: dict[str, str], advice: str) -> None:
    """Before the owner has chosen one the server names the setup page."""
    with other_server({**FRAMECAST, "/api/check": (401, headers, CLOSED[2])}) as origin:
        assert why_not(origin).advice == advice


def test_a_secret_that_is_not_accepted() -> None:
    """It is shown once, and only where one is asked for."""
    with other_server({**FRAMECAST, "/api/check": CLOSED}) as origin:
        assert why_not(origin, SECRET).text == texts.NOT_ACCEPTED


def test_what_the_server_found_is_told_with_what_is_seen_from_here() -> None:
    """Its address, the login, and nothing of clocks and versions that agree."""
    with other_server({**FRAMECAST, "/api/check": check_up(time.time())}) as origin:
        found = visit(PageAddress.parse(origin), nobody)
        assert [(each.weight.value, each.about) for each in found] == [
            ("well", texts.PAGE),
            ("well", texts.LOGIN),
            ("well", "Ingest"),
        ]
        assert found[0].text == f"Framecast {__version__} answers at {origin}/"


@pytest.mark.parametrize(("ahead", "words"), [(-3600, "ahead of the server's"), (3600, "behind the server's")])
def test_a_clock_that_differs_and_another_version_are_told(ahead: float, words: str) -> None:
    """As doubts: the server's own findings hold all the same."""
    with other_server({**FRAMECAST, "/api/check": check_up(time.time() + ahead, "9.9")}) as origin:
        found = visit(PageAddress.parse(origin), nobody)
    doubts = {each.about: each.text for each in found if each.weight is Weight.DOUBT}
    assert doubts.keys() == {texts.CLOCK, texts.VERSION}
    assert words in doubts[texts.CLOCK]
    assert "9.9" in doubts[texts.VERSION]


@pytest.mark.parametrize("body", [b'{"detail": ' + b"[" * 100_000, b'{"detail": "\\ud800"}', b"\xff", b'{"detail": 7}'])
def test_a_refusal_that_is_no_text_is_told_by_its_status(body: bytes) -> None:
    """Whoever's server it is: lists within lists without end, or half a character, end no command."""
    with other_server({**FRAMECAST, "/api/check": (500, {}, body)}) as origin:
        assert why_not(origin).text == texts.server_answers(500)


def test_what_a_terminal_would_obey_is_told_in_neither_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The server's texts may hold anything. JSON is read at a terminal, too."""
    found = Finding(Weight.WRONG, "A\x9b2J", "b\nc\u2028", "d\x1b]0;e\x07")
    for as_json in (True, False):
        tell(PageAddress.parse("http://camera.local"), [found], 1, as_json=as_json)
        told = capsys.readouterr().out
        assert all(line.isprintable() for line in told.split("\n"))
        assert "A?2J" in told
