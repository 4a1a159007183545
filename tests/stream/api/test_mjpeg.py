"""The bytes on the wire, for every kind of client."""

import pytest

from services.stream.api.mjpeg import (
    STREAM_HEADERS,
    framing_for,
    prelude,
    response_head,
    timestamp,
    with_advance_headers,
    with_length,
)
from services.stream.fanout.picture import Framing, Picture

JPEG = b"\xff\xd8\xff picture \xff\xd9"
PICTURE = Picture("cam1", JPEG, 1_795_363_200_123_456_789, 5.0, live=True)


@pytest.mark.parametrize(
    ("client", "accept", "framing"),
    [
        ("Chromium's img", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", with_advance_headers),
        (
            "Firefox's img",
            "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            with_advance_headers,
        ),
        ("an address bar", "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8", with_advance_headers),
        ("fetch, curl, FFmpeg, OpenCV", "*/*", with_length),
        ("go2rtc", None, with_length),
        ("Java", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", with_length),
        ("a reader that names what it reads", "multipart/x-mixed-replace, image/jpeg, image/*", with_length),
        ("Home Assistant", "", with_length),
    ],
)
def test_the_framing_follows_from_what_the_client_accepts(client: str, accept: str | None, framing: Framing) -> None:
    """So no client needs a setting."""
    assert framing_for(accept) is framing, client


@pytest.mark.parametrize("accept", [None, "*/*", "image/avif,image/webp,*/*;q=0.8"])
def test_a_client_may_say_itself_which_framing_it_reads(accept: str | None) -> None:
    """A browser behind Home Assistant, whose Accept is Home Assistant's."""
    assert framing_for(accept, advance_headers=True) is with_advance_headers
    assert framing_for(accept, advance_headers=False) is with_length


def test_programs_get_each_part_whole_with_its_length_time_and_truth() -> None:
    """The body begins with a boundary, the part's type is exactly image/jpeg, and the length is right."""
    expected = (
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 14\r\nX-Timestamp: 1795363200.123\r\nX-Live: 1\r\n\r\n"
    )
    assert len(JPEG) == 14
    assert prelude(with_length) == b""
    assert with_length(PICTURE) == expected + JPEG + b"\r\n"
    assert b"X-Live: 0\r\n" in with_length(PICTURE._replace(live=False))


def test_browsers_get_the_next_parts_headers_right_behind_each_picture() -> None:
    """Then Chromium paints it at once and not one frame later."""
    head = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"
    assert prelude(with_advance_headers) == head
    assert with_advance_headers(PICTURE) == JPEG + b"\r\n" + head


def test_the_head_forbids_what_would_delay_or_keep_pictures() -> None:
    """No cache, no proxy's buffer, and the connection ends the body."""
    head = response_head().decode()
    assert head.startswith("HTTP/1.1 200 OK\r\nDate: ")
    assert head.endswith("\r\n\r\n")
    for line in (
        "Content-Type: multipart/x-mixed-replace; boundary=frame",
        "X-Accel-Buffering: no",
        "Vary: Accept",
        "Connection: close",
        "Cross-Origin-Resource-Policy: cross-origin",
    ):
        assert f"\r\n{line}\r\n" in head
    assert "no-store" in STREAM_HEADERS["Cache-Control"]
    assert "no-transform" in STREAM_HEADERS["Cache-Control"]


def test_a_timestamp_is_epoch_seconds_with_milliseconds() -> None:
    """As mjpg-streamer and uStreamer write it."""
    assert timestamp(1_000_000_000) == "1.000"
    assert timestamp(1_999_999_999) == "1.999"
