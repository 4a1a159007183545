"""What an HTTP camera answers: head, body in chunks or not, and the pictures of its multipart."""

import http.client
import io
from typing import Final, cast

from services.ingest.sources.http.address import HttpAddress
from services.ingest.sources.http.camera_socket import CameraSocket
from services.ingest.sources.http.content import LOOK_BYTES, content_of, video_format
from services.ingest.sources.http.multipart import MAX_PICTURE_BYTES, MultipartParser
from services.ingest.sources.http.response import Response
from services.ingest.sources.wall_clock import WallClock

HANDLED: Final = (OSError, http.client.HTTPException)
MAX_BYTES: Final = 16 * 1024
CAMERA: Final = HttpAddress.parse("http://192.0.2.1/video")


class _Socket:
    """A socket that has received all of it already."""

    deadline = 0.0

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return cast("io.BufferedReader", self._data)

    def has_received(self, *, beyond: int = 0) -> bool:
        return len(self._data.getbuffer()) - self._data.tell() > beyond


def read(data: bytes) -> None:
    """Where it leads stays on the camera's host, and no picture is longer than the answer."""
    camera_socket = _Socket(data)
    answer = http.client.HTTPResponse(camera_socket, method="GET")  # type: ignore[arg-type]
    try:
        answer.begin()
    except ValueError as error:  # the client takes it for no answer, too, but only while it waits for the head
        raise http.client.BadStatusLine("") from error
    response = Response(answer, cast("CameraSocket", camera_socket))
    _check_head(response)
    start = response.look(LOOK_BYTES, 0.0)
    video_format(start)
    content_of(response.content_type, start, has_length=response.has_length)
    parser, received = MultipartParser(), 0
    while part := response.read(0.0):
        received += len(part)
        jpeg = parser.feed(part)
        assert jpeg is None or 0 < len(jpeg) <= min(received + 2, MAX_PICTURE_BYTES)
    assert received <= len(data)


def _check_head(response: Response) -> None:
    response.challenges()
    clock = WallClock.of_http(response.headers.get("date"))
    assert clock is None or clock.utc_ns >= 0
    try:
        target = CAMERA.redirected(response.headers.get("location", ""))
    except ValueError:
        return
    assert not CAMERA.may_redirect_to(target) or target.host == CAMERA.host
    assert target.target.isascii()
    assert target.target.isprintable()
    assert " " not in target.target
