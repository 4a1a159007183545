"""The HTTP client: redirects, the login, TLS, and cameras that answer oddly, on real sockets."""

import hashlib
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.ingest.sources import (
    SourceUnauthorizedError,
    SourceUnavailableError,
    certificate_reasons,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import failures
from services.ingest.sources.http.client import HttpClient
from services.ingest.sources.http.wakeup import Wakeup
from tests.ingest.sources.http.odd_camera import Answer, Request, odd_camera, ok
from tests.ingest.sources.rtsp.test_source import certificate
from tests.ingest.sources.test_ffmpeg import serving
from tests.support.ports import free_port

USER, SECRET = "ad min", "p@ss:w/rd#1%"


@contextmanager
def client(url: str, *, open_seconds: float = 10, **options: Any) -> Iterator[HttpClient]:
    made = HttpClient(ConnectionOptions(url, **options), Wakeup(), open_seconds=open_seconds)
    with closing(made):
        yield made


def body(url: str, **options: Any) -> bytes:
    with client(url, **options) as asking:
        return asking.get().read(time.monotonic() + 10)


def failure(url: str, **options: Any) -> SourceUnavailableError:
    with client(url, **options) as asking, pytest.raises(SourceUnavailableError) as caught:
        asking.get()
    return caught.value


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_camera_is_followed_with_the_login(status: int) -> None:
    """Cameras send to a session's own path, with one connection for both."""

    def script(request: Request) -> Answer:
        if "authorization" not in request.headers:
            return b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 2\r\n\r\nno'
        return ok("text/plain", b"here") if request.target == "/live?s=7" else redirect("live?s=7", status)

    with odd_camera(script) as camera:
        assert body(camera.url, username=USER, password=SECRET) == b"here"
    assert [request.target for request in camera.requests] == ["/video", "/video", "/live?s=7"]
    assert camera.connections == 1


def test_a_redirect_elsewhere_is_said_and_not_followed() -> None:
    """Neither another machine nor another port of this one is asked for anything."""
    with odd_camera(lambda _request: ok("text/plain", b"internal")) as victim:
        location = f"http://127.0.0.1:{victim.port}/internal?token=s3cret"
        with odd_camera(lambda _request: redirect(location)) as camera:
            words = str(failure(camera.url, username=USER, password=SECRET))
    assert words == failures.REDIRECTED.format(f"http://127.0.0.1:{victim.port}/internal")
    assert victim.connections == 0


def test_a_redirect_to_a_file_is_none() -> None:
    """Nor is one to another protocol."""
    for location in ("file:///etc/hostname", "rtsp://127.0.0.1/"):
        with odd_camera(lambda _request, location=location: redirect(location)) as camera:  # type: ignore[misc]
            assert str(failure(camera.url)) == failures.REDIRECTED_NOWHERE


def test_redirects_in_a_circle_and_without_end_are_told() -> None:
    """By the circle, or by their number."""
    with odd_camera(lambda _request: redirect("/video")) as camera:
        assert str(failure(camera.url)) == failures.REDIRECT_LOOP
        assert len(camera.requests) == 1
    with odd_camera(lambda request: redirect(request.target + "x")) as camera:
        assert str(failure(camera.url)) == failures.REDIRECT_LOOP
        assert len(camera.requests) < 10


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_digest_is_answered_for_the_path_and_query(algorithm: str) -> None:
    """Once, and without a second question for the next request on it."""
    hashed = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def digest(*parts: str) -> str:
        return hashed(":".join(parts).encode()).hexdigest()

    def script(request: Request) -> Answer:
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.get("authorization", "")))
        user = digest(USER, "cam", SECRET)
        expected = digest(
            user, "n0nce", fields.get("nc", ""), fields.get("cnonce", ""), "auth", digest("GET", "/video?res=vga")
        )
        if fields.get("response") == expected and fields.get("uri") == "/video?res=vga":
            return ok("text/plain", b"in")
        challenge = f'Digest realm="cam",\r\n nonce="n0nce", qop="auth", algorithm={algorithm}'
        return f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()

    with odd_camera(script) as camera, client(f"{camera.url}?res=vga", username=USER, password=SECRET) as asking:
        for _ in range(2):
            assert asking.get().read(time.monotonic() + 10) == b"in"
        assert (len(camera.requests), camera.connections) == (3, 1)


def test_a_password_is_sent_only_when_asked_for_and_only_once() -> None:
    """Cameras lock out clients that go on; and an answer in words names the settings, not the password."""
    refusal = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
    with odd_camera(lambda _request: refusal) as camera:
        refused = failure(camera.url, username=USER, password=SECRET)
        assert ["authorization" in request.headers for request in camera.requests] == [False, True]
        assert isinstance(refused, SourceUnauthorizedError)
        assert str(refused) == failure_reasons.refused_login(USER, SECRET)
        unset = failure(camera.url)
        assert isinstance(unset, SourceUnauthorizedError)
        assert str(unset) == failure_reasons.LOGIN_WANTED


def test_a_login_page_without_an_end_is_not_waited_for() -> None:
    """The answer goes out on another connection, as it does where the camera closes after a refusal."""
    over = threading.Event()

    def script(request: Request) -> Answer:
        if "authorization" in request.headers:
            return ok("text/plain", b"in")

        def endless() -> Iterator[bytes]:
            yield b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n<html>'
            over.wait(20)

        return endless()

    with odd_camera(script) as camera:
        begun = time.monotonic()
        assert body(camera.url, username=USER, password=SECRET) == b"in"
        assert time.monotonic() - begun < 5
        over.set()


def test_a_password_that_was_refused_is_tried_anew_when_the_camera_is_opened_again() -> None:
    """Somebody may have corrected it in the camera, whose old challenge says nothing any more."""
    answers = iter(["a", "b", "c"])
    valid: list[str] = []

    def script(request: Request) -> Answer:
        if valid and f'nonce="{valid[-1]}"' in request.headers.get("authorization", ""):
            return ok("text/plain", b"in")
        nonce = next(answers)
        valid[:] = [nonce] if nonce == "c" else []
        challenge = f'Digest realm="x", nonce="{nonce}"'
        return f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()

    with odd_camera(script) as camera, client(camera.url, username=USER, password=SECRET) as asking:
        with pytest.raises(SourceUnauthorizedError):
            asking.get()
        assert asking.get().read(time.monotonic() + 10) == b"in"


def test_a_camera_that_always_wants_a_new_answer_is_given_up() -> None:
    """A fresh nonce each time, each called stale."""
    count = iter(range(1000))

    def script(_request: Request) -> Answer:
        challenge = f'Digest realm="x", nonce="{next(count)}", stale=true'
        return f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()

    with odd_camera(script) as camera:
        assert isinstance(failure(camera.url, username=USER, password=SECRET), SourceUnauthorizedError)
        assert len(camera.requests) < 10


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", failures.FORBIDDEN),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", failure_reasons.NO_STREAM),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", failures.TOO_BUSY.format("503 Busy")),
        (b"HTTP/1.1 453 Not Enough Bandwidth\r\n\r\n", failures.TOO_BUSY.format("453 Not Enough Bandwidth")),
        (
            b"HTTP/1.1 418 " + b"\x07ad min" + b"t" * 900 + b"\r\n\r\n",
            failure_reasons.unclear(f"{failure_reasons.CANT_BE_OPENED} The camera says: 418 ***{'t' * 93}"),
        ),
        (
            b"HTTP/1.1 204 Nothing\r\n\r\n",
            failure_reasons.unclear(f"{failure_reasons.CANT_BE_OPENED} The camera says: 204 Nothing"),
        ),
        (b"RTSP/1.0 400 Bad Request\r\n\r\n", failures.NOT_HTTP),
        (b"SSH-2.0-OpenSSH\r\n", failures.NOT_HTTP),
        (b"", failures.CLOSED_AT_ONCE),
    ],
)
def test_each_refusal_has_words_of_its_own(answer: bytes, words: str) -> None:
    """What to do differs."""
    with odd_camera(lambda _request: [answer]) as camera:
        found = str(failure(camera.url, username=USER, password=SECRET))
    assert found == words
    assert SECRET not in found


def test_addresses_where_nothing_answers_are_told_apart() -> None:
    """Off, unknown, mute, and not what the scheme says."""
    assert str(failure(f"http://127.0.0.1:{free_port()}/")) == failure_reasons.CONNECTION_REFUSED
    assert str(failure("http://no-such-camera.invalid/")) == failure_reasons.UNKNOWN_HOST
    assert str(failure(f"http://{'n' * 70}.invalid/")) == failure_reasons.UNKNOWN_HOST
    with serving(lambda connection: connection.sendall(b"no TLS at all\r\n" * 9)) as port:
        assert str(failure(f"https://127.0.0.1:{port}/")) == failures.NO_TLS


def test_a_camera_that_trickles_does_not_hold_us() -> None:
    """Each byte comes in time, the answer never does."""
    over = threading.Event()

    def script(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX: "
        while not over.wait(0.05):
            yield b"x"

    with odd_camera(script) as camera:
        begun = time.monotonic()
        assert str(failure(camera.url, open_seconds=0.5)) == failure_reasons.unanswered("our request", 0.5)
        assert time.monotonic() - begun < 5
        over.set()


def test_heads_as_cameras_send_them_are_understood() -> None:
    """Lines that end in LF, HTTP/1.0, no reason, a space before the colon."""
    for head in (
        b"HTTP/1.0 200\nContent-Type: text/plain\nContent-Length: 2\n\n",
        b"HTTP/1.1 200 \r\nContent-Type : text/plain\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: Cam\xe9ra\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n",
    ):
        with odd_camera(lambda _request, head=head: head + b"in") as camera, client(camera.url) as asking:  # type: ignore[misc]
            assert asking.get().read(time.monotonic() + 10) == b"in"


def test_certificates_are_verified(tmp_path: Path) -> None:
    """As of rtsps://: one can say whom to trust, or that it does not matter; and nothing is sent before."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with odd_camera(lambda _request: ok("text/plain", b"in"), tls=context) as camera:
        assert str(failure(camera.url)) == certificate_reasons.SELF_SIGNED
        assert camera.requests == []
        assert body(camera.url, ca_file=tmp_path / "cert") == b"in"
        assert body(camera.url, verify_tls=False) == b"in"
        with odd_camera(lambda _request: redirect(camera.url)) as plain:
            assert body(plain.url, ca_file=tmp_path / "cert") == b"in", "from HTTP to HTTPS of the same host"


def test_a_kept_connection_that_ended_is_replaced() -> None:
    """Between two pictures a camera may let go of it."""
    answers = iter(
        [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none", None, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"]
    )

    def script(_request: Request) -> Answer:
        answer = next(answers)
        return [] if answer is None else answer

    with odd_camera(script) as camera, client(camera.url) as asking:
        assert asking.get().read(time.monotonic() + 10) == b"one"
        assert asking.get().read(time.monotonic() + 10) == b"two"
        assert camera.connections == 2
