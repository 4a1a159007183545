"""Small readers of our own for programs that can't be run here. Each follows the program's documents or sources.

Each reader is as strict as the program it is named for. All read a body from its first byte.
"""

import http.client
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, pairwise
from typing import Final, Protocol

from tests.clients.moving import PATH, MovingStream

TIMEOUT_SECONDS: Final = 10.0
"""Home Assistant's time-out per read. No other client here waits longer."""
_CHUNK_BYTES: Final = 100 * 1024
_JPEG_BEGINS: Final = b"\xff\xd8"
_JPEG_ENDS: Final = b"\xff\xd9"


class Body(Protocol):
    """The methods that a response and a pipe have in common."""

    def readline(self, size: int = -1, /) -> bytes: ...

    def read(self, size: int, /) -> bytes: ...


@contextmanager
def opened(
    stream: MovingStream, query: str = "", *, path: str = PATH, headers: dict[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """Send a GET with these headers, `Host`, and `Accept-Encoding: identity` unless given; yield the response."""
    connection = http.client.HTTPConnection("127.0.0.1", stream.port, timeout=TIMEOUT_SECONDS)
    with closing(connection):
        connection.request("GET", path + query, headers=headers or {})
        with connection.getresponse() as response:
            yield response


def chunks_of(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body in chunks, each as soon as it arrives."""
    return iter(lambda: response.read1(_CHUNK_BYTES), b"")


def parts_as_go2rtc_reads_them(body: Body) -> Iterator[bytes]:
    """A part is: empty lines, a line that begins with two dashes, headers with a length, the bytes (pkg/mpjpeg)."""
    while line := body.readline():
        if line == b"\r\n":
            continue
        assert line.startswith(b"--"), f"wrong boundary: {line!r}"
        assert line.endswith(b"\r\n"), f"a line that does not end in CRLF: {line!r}"
        headers = {}
        while (line := body.readline()) != b"\r\n":
            assert line.endswith(b"\r\n"), f"a line that does not end in CRLF: {line!r}"
            name, colon, value = line.partition(b":")
            assert colon, f"a header without a colon: {line!r}"
            headers[name.strip().lower()] = value.strip()
        yield body.read(int(headers[b"content-length"]))


def still_as_home_assistant_cuts_it(chunks: Iterable[bytes]) -> bytes:
    """The bytes from the body's first FFD8 to its first FFD9 (components/mjpeg)."""
    received = b""
    for chunk in chunks:
        received += chunk
        begins, ends = received.find(_JPEG_BEGINS), received.find(_JPEG_ENDS)
        if begins >= 0 and ends >= 0:
            return received[begins : ends + len(_JPEG_ENDS)]
    raise AssertionError(f"{len(received)} bytes without a picture")


def pictures_as_mainsail_reads_them(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Everything before an FFD8 is a header. The picture has the length given there; one more byte completes it.

    An FFD8 within a picture starts the picture again (Mjpegstreamer.vue).
    """
    headers, picture, length = bytearray(), bytearray(), 0
    for byte, following in pairwise(chain.from_iterable(chunks)):
        if bytes((byte, following)) == _JPEG_BEGINS:
            length = _content_length(headers)
            picture.clear()
        if length == 0:
            headers.append(byte)
        elif len(picture) < length:
            picture.append(byte)
        else:
            yield bytes(picture)
            headers.clear()
            picture.clear()
            length = 0


def _content_length(headers: bytearray) -> int:
    for line in headers.decode("latin-1").split("\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    raise AssertionError(f"no Content-Length in {bytes(headers)!r}")


def pictures_as_browsers_cut_them(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A part ends where the next boundary begins. With `?advance_headers=1` no part has a length."""
    received = b""
    for chunk in chunks:
        received += chunk
        *parts, received = received.split(b"\r\n--frame")
        for part in parts:
            yield part.partition(b"\r\n\r\n")[2]
