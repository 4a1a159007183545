"""Programs that can't be run here: their rules, by readers of our own, on the real stream."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.clients.moving import PATH, PERIOD_SECONDS, MovingStream, assert_it_moves, level_of_jpeg
from tests.clients.readers import (
    TIMEOUT_SECONDS,
    chunks_of,
    opened,
    parts_as_go2rtc_reads_them,
    pictures_as_mainsail_reads_them,
    still_as_home_assistant_cuts_it,
)

pytestmark = pytest.mark.clients

IMG_ACCEPTS = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
"""What Firefox says it takes for an `<img>`."""


def polled(ask: Callable[[], bytes]) -> Iterator[bytes]:
    """Ask again and again, at the camera's pace."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        yield ask()
        time.sleep(PERIOD_SECONDS)


def test_it_reads_as_go2rtc_documents(stream: MovingStream) -> None:
    """Exactly 200, CRLF at each line's end, a length in each part. Go asks for gzip; pictures stay as they are."""
    with opened(stream, headers={"User-Agent": "go2rtc", "Accept-Encoding": "gzip"}) as response:
        assert response.status == 200
        assert response.headers.get_content_type() == "multipart/x-mixed-replace"
        assert response.headers["Content-Encoding"] is None
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


def test_it_reads_as_home_assistant_documents(stream: MovingStream) -> None:
    """Each connection gives one still, whole, so the body begins with a whole part."""

    def still() -> bytes:
        with opened(stream, headers={"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"}) as response:
            assert response.status == 200
            return still_as_home_assistant_cuts_it(chunks_of(response))

    assert_it_moves(level_of_jpeg(jpeg) for jpeg in polled(still))


def test_its_snapshot_reads_as_home_assistant_documents(stream: MovingStream) -> None:
    """The set-up asks for both addresses; the still one's whole body is the picture."""
    with opened(stream, path="/api/camera/snapshot", headers={"Accept": "*/*"}) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "image/jpeg")
        level_of_jpeg(response.read())


def test_it_reads_as_mainsail_documents(stream: MovingStream) -> None:
    """Its buffer is as large as Content-Length says; it adds a key of its own to the query."""
    with opened(stream, f"?timestamp={time.time_ns() // 10**6}", headers={"Accept": "*/*"}) as response:
        assert response.status == 200
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in pictures_as_mainsail_reads_them(chunks_of(response)))


def test_its_snapshot_reads_as_mainsails_adaptive_client_documents(stream: MovingStream) -> None:
    """It asks again and again, each time with another key against caches."""

    def snapshot() -> bytes:
        query = f"?bypassCache={time.time_ns() // 10**6}"
        with opened(stream, query, path="/api/camera/snapshot", headers={"Accept": IMG_ACCEPTS}) as response:
            assert response.status == 200
            assert "no-store" in response.headers["Cache-Control"]
            return response.read()

    assert_it_moves(level_of_jpeg(jpeg) for jpeg in polled(snapshot))


@pytest.mark.parametrize("query", ["?1795363200123", "?camera=cam1&1795363200123"])
def test_octoprints_cache_buster_changes_nothing(query: str, stream: MovingStream) -> None:
    """Milliseconds without a key, behind whatever query there is; and it is an `<img>` that asks."""
    with opened(stream, query, headers={"Accept": IMG_ACCEPTS}) as response:
        assert response.status == 200
        assert response.readline() == b"--frame\r\n"
        level_of_jpeg(still_as_home_assistant_cuts_it(chunks_of(response)))


@pytest.mark.parametrize("query", ["?", "?&&", "?=", "?action=stream", "?src=cam1&x=%FF%00", "?" + "x" * 4000])
def test_what_it_does_not_know_of_a_query_changes_nothing(query: str, stream: MovingStream) -> None:
    """Users paste addresses of other servers' form, and proxies add keys of theirs."""
    with opened(stream, query) as response:
        assert response.status == 200
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


def test_its_head_reads_as_motioneye_documents(stream: MovingStream) -> None:
    """Adding a camera there reads no more than a status line of HTTP/1 and the type."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: camera\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline().lower().startswith(b"http/1.1 2")
            headers = http.client.parse_headers(answer)
    assert headers["Content-Type"].startswith("multipart/x-mixed-replace")


def test_a_client_of_http_1_0_can_read_it(stream: MovingStream) -> None:
    """Without a Host and without chunks: the body ends where the connection does."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"GET {PATH} HTTP/1.0\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(answer)
            assert "Transfer-Encoding" not in headers
            assert headers["Connection"] == "close"
            assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(answer))


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=0-1023", "bytes=5000-", "bytes=-500", "nonsense"])
def test_a_range_is_ignored(asked: str, stream: MovingStream) -> None:
    """FFmpeg asks for one. What never ends has no ranges, so the answer is all of it, with 200."""
    with opened(stream, headers={"Range": asked}) as response:
        assert response.status == 200
        assert "Content-Range" not in response.headers
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_head_is_answered_without_a_body(version: str, stream: MovingStream) -> None:
    """And the connection is closed, as it is announced."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"HEAD {PATH} HTTP/{version}\r\nHost: camera\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(answer)
            assert headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
            assert "Transfer-Encoding" not in headers
            assert answer.read() == b""
