"""MJPEG over HTTP: the bytes of a multipart response. Pure.

Two framings, since no single one suits every client (docs/decisions/0004-two-framings.md):

- `LENGTH` puts a complete part before each picture, with its `Content-Length`: what programs read.
- `ADVANCE` sends the next part's headers right behind each picture. Chromium paints a picture only when those have
  come, so any other framing shows it one frame late. The technique is uStreamer's `advance_headers`.
"""

from email.utils import formatdate
from enum import Enum
from typing import Final

BOUNDARY: Final = "frame"
_ADVANCE_HEAD: Final = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
NO_CACHE: Final = {
    "Cache-Control": "no-store, no-cache, must-revalidate, no-transform, max-age=0",
    "Pragma": "no-cache",
    # A page on another port or host may show the picture; it is as public as the address itself.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
STREAM_HEADERS: Final = {
    "Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}",
    **NO_CACHE,
    "X-Accel-Buffering": "no",
    "Vary": "Accept",
    "Connection": "close",
}


class Framing(Enum):
    LENGTH = "length"
    ADVANCE = "advance"


def framing_for(accept: str | None) -> Framing:
    """A browser's `<img>` names image types in `Accept`; programs send `*/*` or nothing."""
    return Framing.ADVANCE if accept is not None and "image/" in accept else Framing.LENGTH


def response_head() -> bytes:
    """Status line and headers of a stream, for those who write to the connection themselves."""
    lines = ["HTTP/1.1 200 OK", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in STREAM_HEADERS.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def prelude(framing: Framing) -> bytes:
    """What comes once, before the first part."""
    return _ADVANCE_HEAD if framing is Framing.ADVANCE else b""


def part(framing: Framing, jpeg: bytes, captured_at_ns: int, *, live: bool) -> bytes:
    """One picture, from where the previous one ended to where the next one begins."""
    if framing is Framing.ADVANCE:
        return b"%b\r\n%b" % (jpeg, _ADVANCE_HEAD)
    head = (
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
        f"X-Timestamp: {timestamp(captured_at_ns)}\r\nX-Live: {int(live)}\r\n\r\n"
    )
    return b"%b%b\r\n" % (head.encode(), jpeg)


def timestamp(captured_at_ns: int) -> str:
    """Epoch seconds with milliseconds, as other MJPEG servers write `X-Timestamp`."""
    return f"{captured_at_ns // 10**9}.{captured_at_ns // 10**6 % 1000:03d}"
