"""Where a camera's streams are asked for: what it names itself, where that can be an address."""

import pytest

from services.ingest.sources.rtsp.control_urls import base_url, session_urls, stream_urls

ASKED = "rtsp://host:8554/cam?x=1"


@pytest.mark.parametrize(
    ("named", "base"),
    [
        ("rtsp://host:8554/cam/", "rtsp://host:8554/cam/"),
        ("RTSP://10.0.0.7/inner", "RTSP://10.0.0.7/inner"),
        ("host:8554/cam/", "rtsp://host:8554/cam/"),
        ("//host:8554/cam/", "rtsp://host:8554/cam/"),
        *(
            (odd, ASKED)
            for odd in ("", "/", "/cam/", "10.0.0.7/x", "http://host/", "rtsp://", "rtsp:///x", "rtsp://h/a b")
        ),
        *((odd, ASKED) for odd in ("rtsp://h/\nX: y", "rtsp://h/\u00e9", "rtsp://h/" + "a" * 5000, "host:85540/")),
    ],
)
def test_a_base_is_believed_if_it_can_be_an_address(named: str, base: str) -> None:
    """Nothing else would be understood by the camera, and a line's end would be a header of the camera's choice."""
    assert base_url(named, ASKED) == base


def test_a_stream_is_asked_for_behind_the_base_and_then_elsewhere() -> None:
    """Behind the query, as cameras want it, before the standard's way."""
    urls = stream_urls("rtsp://host/cam?x=1", "rtsp://host/cam?x=1", "*", "track=1")
    assert urls == ["rtsp://host/cam?x=1/track=1", "rtsp://host/track=1"]
    assert stream_urls("rtsp://in/a/", "rtsp://out/a", "", "/b")[:2] == ["rtsp://in/a/b", "rtsp://out/a/b"]


def test_all_streams_are_started_where_the_description_says() -> None:
    """Else at the base, else at the address that was asked for."""
    assert session_urls("rtsp://h/b/", "rtsp://h/a", "rtsp://h/s") == ["rtsp://h/s", "rtsp://h/b/", "rtsp://h/a"]
    assert session_urls("rtsp://h/b/", "rtsp://h/a", "*") == ["rtsp://h/b/", "rtsp://h/a"]
    assert session_urls("rtsp://h/a", "rtsp://h/a", "http://x/") == ["rtsp://h/a"]
