"""MJPEG over HTTP: the bytes of a multipart response. Pure.

There are two framings, since no single one suits every client (docs/decisions/0004-two-framings.md):

- `with_length` gives each part its `Content-Length`, and puts all headers before the picture. Programs read this one.
- `with_advance_headers` sends the next part's headers right behind each picture. Chromium paints a picture only when
  those have arrived, so any other framing shows it one frame late. The technique is uStreamer's `advance_headers`.
"""

from collections.abc import Iterable
from email.utils import formatdate
from typing import Final

from services.stream.api.accept import is_browsers_image
from services.stream.fanout.picture import Framing, Picture

BOUNDARY: Final = "frame"
_PART_HEAD: Final = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
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


def framing_for(accept: str | None, advance_headers: bool | None = None) -> Framing:
    """That of a browser's `<img>`, or that of a program. `advance_headers` is what the client says itself."""
    is_browser = is_browsers_image(accept or "") if advance_headers is None else advance_headers
    return with_advance_headers if is_browser else with_length


def with_length(picture: Picture) -> bytes:
    """A framing: a complete part, with the picture's length, its time, and whether it is live."""
    head = (
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n"
        f"X-Timestamp: {timestamp(picture.captured_at_ns)}\r\nX-Live: {int(picture.live)}\r\n\r\n"
    )
    return b"%b%b\r\n" % (head.encode(), picture.jpeg)


def with_advance_headers(picture: Picture) -> bytes:
    """A framing: the picture, and right behind it the headers of the next part."""
    return b"%b\r\n%b" % (picture.jpeg, _PART_HEAD)


def prelude(framing: Framing) -> bytes:
    """The bytes sent once, before the first part."""
    return _PART_HEAD if framing is with_advance_headers else b""


def response_head(added: Iterable[tuple[str, str]] = ()) -> bytes:
    """Status line and headers of a stream, for a response that writes to the connection itself.

    Of `added`, those that a stream sets itself are left out; `Vary` may stand twice.
    """
    lines = ["HTTP/1.1 200 OK", f"Date: {formatdate(usegmt=True)}"]
    missing = [(name, value) for name, value in added if name not in STREAM_HEADERS or name == "Vary"]
    lines += [f"{name}: {value}" for name, value in (*STREAM_HEADERS.items(), *missing)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def timestamp(captured_at_ns: int) -> str:
    """Epoch seconds with milliseconds, as other MJPEG servers write `X-Timestamp`."""
    return f"{captured_at_ns // 10**9}.{captured_at_ns // 10**6 % 1000:03d}"
