"""Programs that can't be run here: readers of our own apply their rules to the real stream."""

import http.client
import socket
import time
from collections.abc import Callable

import pytest

from tests.clients.moving import PATH, MovingStream, assert_it_moves, level_of_jpeg
from tests.clients.readers import (
    TIMEOUT_SECONDS,
    chunks_of,
    opened,
    parts_as_go2rtc_reads_them,
    pictures_as_mainsail_reads_them,
    still_as_home_assistant_cuts_it,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients

IMG_ACCEPTS = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
"""Firefox's Accept header for an `<img>`."""


def assert_it_moves_when_polled(fetch: Callable[[], bytes]) -> None:
    """Repeated requests give two different pictures of the camera."""
    levels = set()

    def has_two_levels() -> bool:
        levels.add(level_of_jpeg(fetch()))
        return len(levels) > 1

    wait_until(has_two_levels, "two different pictures are fetched", TIMEOUT_SECONDS)


def test_the_stream_follows_go2rtcs_rules(stream: MovingStream) -> None:
    """Exactly 200, CRLF at the end of each line, a length in each part. Go accepts gzip; pictures stay uncompressed."""
    with opened(stream, headers={"User-Agent": "go2rtc", "Accept-Encoding": "gzip"}) as response:
        assert response.status == 200
        assert response.headers.get_content_type() == "multipart/x-mixed-replace"
        assert response.headers["Content-Encoding"] is None
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


def test_the_stream_follows_home_assistants_rules(stream: MovingStream) -> None:
    """Home Assistant takes one whole still from each connection, so the body must begin with a whole part."""

    def still() -> bytes:
        with opened(stream, headers={"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br"}) as response:
            assert response.status == 200
            return still_as_home_assistant_cuts_it(chunks_of(response))

    assert_it_moves_when_polled(still)


def test_the_snapshot_follows_home_assistants_rules(stream: MovingStream) -> None:
    """Home Assistant's set-up has a field for each address. The whole body of the snapshot is the picture."""
    with opened(stream, path="/api/camera/snapshot", headers={"Accept": "*/*"}) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "image/jpeg")
        level_of_jpeg(response.read())


def test_the_stream_follows_mainsails_rules(stream: MovingStream) -> None:
    """Mainsail sizes its buffer by Content-Length, and adds a parameter of its own to the query."""
    with opened(stream, f"?timestamp={time.time_ns() // 10**6}", headers={"Accept": "*/*"}) as response:
        assert response.status == 200
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in pictures_as_mainsail_reads_them(chunks_of(response)))


def test_the_snapshot_follows_the_rules_of_mainsails_adaptive_client(stream: MovingStream) -> None:
    """The adaptive client polls, each time with another parameter against caches."""

    def snapshot() -> bytes:
        query = f"?bypassCache={time.time_ns() // 10**6}"
        with opened(stream, query, path="/api/camera/snapshot", headers={"Accept": IMG_ACCEPTS}) as response:
            assert response.status == 200
            assert "no-store" in response.headers["Cache-Control"]
            return response.read()

    assert_it_moves_when_polled(snapshot)


@pytest.mark.parametrize("query", ["?1795363200123", "?camera=cam1&1795363200123"])
def test_octoprints_cache_buster_changes_nothing(query: str, stream: MovingStream) -> None:
    """OctoPrint appends milliseconds without a name to any query, and loads the stream in an `<img>`."""
    with opened(stream, query, headers={"Accept": IMG_ACCEPTS}) as response:
        assert response.status == 200
        assert response.readline() == b"--frame\r\n"
        level_of_jpeg(still_as_home_assistant_cuts_it(chunks_of(response)))


@pytest.mark.parametrize("query", ["?", "?&&", "?=", "?action=stream", "?src=cam1&x=%FF%00", "?" + "x" * 4000])
def test_unknown_query_parameters_change_nothing(query: str, stream: MovingStream) -> None:
    """Users paste queries meant for other servers, and proxies add parameters of their own."""
    with opened(stream, query) as response:
        assert response.status == 200
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


def test_the_responses_head_follows_motioneyes_rules(stream: MovingStream) -> None:
    """When a user adds a camera, motionEye reads only the status line of HTTP/1 and the content type."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"GET {PATH} HTTP/1.1\r\nHost: camera\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline().lower().startswith(b"http/1.1 2")
            headers = http.client.parse_headers(answer)
    assert headers["Content-Type"].startswith("multipart/x-mixed-replace")


def test_an_http_1_0_client_can_read_the_stream(stream: MovingStream) -> None:
    """Without a Host header and without chunks. The body ends when the connection closes."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"GET {PATH} HTTP/1.0\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(answer)
            assert "Transfer-Encoding" not in headers
            assert headers["Connection"] == "close"
            assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(answer))


@pytest.mark.parametrize("requested", ["bytes=0-", "bytes=0-1023", "bytes=5000-", "bytes=-500", "nonsense"])
def test_a_range_is_ignored(requested: str, stream: MovingStream) -> None:
    """FFmpeg requests a range. An endless body has no ranges, so the answer is the whole stream with 200."""
    with opened(stream, headers={"Range": requested}) as response:
        assert response.status == 200
        assert "Content-Range" not in response.headers
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(response))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_head_is_answered_without_a_body(version: str, stream: MovingStream) -> None:
    """The server then closes the connection."""
    with socket.create_connection(("127.0.0.1", stream.port), TIMEOUT_SECONDS) as client:
        client.sendall(f"HEAD {PATH} HTTP/{version}\r\nHost: camera\r\n\r\n".encode())
        with client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(answer)
            assert headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
            assert "Transfer-Encoding" not in headers
            assert answer.read() == b""
