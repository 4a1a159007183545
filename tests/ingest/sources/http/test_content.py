"""What an answer holds, by its first bytes and its type."""

import pytest

from services.ingest.sources.http.content import content_of, is_multipart, video_format

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"FLV\1\1\0\0\0\t\0\0\0\0", "flv"),
        (b"G@\0\x10\0\0\xb0\r\0\1\xc1\0\0\0\1\xf0", "mpegts"),
        (b"\0\0\0\x1cftypisom\0\0\2\0", "mov"),
        (b"\0\0\0\x18stypmsdh\0\0\0\0", "mov"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81", "matroska"),
        (b"\0\0\0\1gd\0\x1f", "h264"),
        (b"\0\0\1\x09\xf0\0\0\1", "h264"),
        (b"\0\0\0\1@\1\x0c\1", "hevc"),
        (JPEG, None),
        (b"--frame\r\nContent-", None),
        (b"#EXTM3U\n#EXT-X-T", None),
        (b"", None),
    ],
)
def test_a_container_is_known_by_its_first_bytes(start: bytes, expected: str | None) -> None:
    """Only those that open nothing else are FFmpeg's to read: a playlist is not among them."""
    assert video_format(start) == expected


@pytest.mark.parametrize(
    ("content_type", "start", "has_length", "expected"),
    [
        ("image/jpeg", JPEG, True, "jpeg"),
        ("image/jpg", JPEG, False, "jpeg"),
        ("application/octet-stream", JPEG, True, "jpeg"),
        ("text/html", JPEG, True, "jpeg"),
        ("video/x-motion-jpeg", JPEG, False, "jpegs"),
        ("", JPEG, False, "jpegs"),
        ("image/jpeg", b"--frame\r\nContent-", False, "multipart"),
        ("text/plain", b"\r\n--frame\r\nConte", False, "multipart"),
        ("video/mjpeg", b"Content-Type: im", False, "multipart"),
        ("text/html; charset=utf-8", b"<!DOCTYPE html>\n", True, "page"),
        ("application/octet-stream", b"\n<html><head>...", True, "page"),
        ("application/json", b'{"error": "no"} ', True, "page"),
        ("application/vnd.apple.mpegurl", b"#EXTM3U\n#EXT-X-T", True, "playlist"),
        ("text/plain", b"#EXTM3U\n#EXT-X-T", True, "playlist"),
        ("application/dash+xml", b'<?xml version="1', True, "playlist"),
        ("video/x-ms-asf", b"0&\xb2u\x8ef\xcf\x11", False, "unknown"),
    ],
)
def test_the_bytes_are_believed_before_the_type(
    content_type: str, start: bytes, has_length: bool, expected: str
) -> None:
    """Cameras name their types as they like."""
    assert content_of(content_type, start, has_length=has_length) == expected


def test_every_multipart_is_one() -> None:
    """Some cameras say mixed."""
    assert is_multipart("multipart/x-mixed-replace")
    assert is_multipart("multipart/mixed")
    assert not is_multipart("image/jpeg")
