"""What an HTTP camera sends, by its first bytes and its content type. Pure.

The bytes are believed first: cameras name their types as they like.
"""

from typing import Final, Literal

LOOK_BYTES: Final = 16
"""How many bytes must be seen."""
Content = Literal["jpeg", "jpegs", "multipart", "playlist", "page", "unknown"]
_JPEG: Final = b"\xff\xd8\xff"
_TRANSPORT_STREAM: Final = 0x47
_VIDEO_STARTS: Final = {b"FLV\x01": "flv", b"\x1aE\xdf\xa3": "matroska"}
_MOV_BOXES: Final = frozenset({b"ftyp", b"styp", b"moov"})
_HEVC_STARTS: Final = frozenset({0x40, 0x42, 0x44, 0x46})
"""The first bytes of parameter sets and delimiters; in H.264 none of them begins a stream."""
_PART_STARTS: Final = (b"--", b"content-type:", b"content-length:")
_PLAYLIST_TYPES: Final = ("mpegurl", "dash+xml")
_PAGE_TYPES: Final = ("text/", "application/json", "application/xml", "application/xhtml")


def is_multipart(content_type: str) -> bool:
    return content_type.startswith("multipart/")


def video_format(start: bytes) -> str | None:
    """FFmpeg's name of the container that begins with `start`; None if it is none of those that we let FFmpeg read."""
    if start[:4] in _VIDEO_STARTS:
        return _VIDEO_STARTS[start[:4]]
    if start[4:8] in _MOV_BOXES:
        return "mov"
    if start[:1] and start[0] == _TRANSPORT_STREAM:
        return "mpegts"
    code, found, nal = start[:5].partition(b"\0\0\1")
    if found and nal and code in (b"", b"\0"):
        return "hevc" if nal[0] in _HEVC_STARTS else "h264"
    return None


def content_of(content_type: str, start: bytes, *, has_length: bool) -> Content:
    """What else it is. `content_type` is in lower case and without parameters, `has_length` says that the end is known.

    `jpeg` is one picture, `jpegs` one after the other without anything between them.
    """
    if start.startswith(_JPEG):
        return "jpeg" if has_length or content_type.startswith("image/") else "jpegs"
    text = start.lstrip().lower()
    if text.startswith(_PART_STARTS):
        return "multipart"
    if text.startswith((b"#extm3u", b"<mpd")) or any(name in content_type for name in _PLAYLIST_TYPES):
        return "playlist"
    if text.startswith((b"<", b"{")) or content_type.startswith(_PAGE_TYPES):
        return "page"
    return "unknown"
