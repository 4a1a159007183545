"""One answer of a camera: its head, and its body as it arrives. One thread."""

import http.client
from typing import Final

from services.ingest.sources.http.camera_socket import READ_BYTES, CameraSocket

_CHUNK_END_BYTES: Final = 2


class Response:
    """`headers` has the header's fields.

    A deadline is in monotonic seconds. Methods with one raise OSError (TimeoutError when it is over) and HTTPException.
    """

    def __init__(self, response: http.client.HTTPResponse, camera_socket: CameraSocket) -> None:
        self._response = response
        self._socket = camera_socket
        self._pushed_back = b""
        self.status: Final = response.status
        self.reason: Final = response.reason
        self.headers: Final = response.headers
        self._close_if_over()

    @property
    def content_type(self) -> str:
        """In lower case, without parameters; empty if there is none."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    @property
    def has_length(self) -> bool:
        return self._response.length is not None

    @property
    def was_read(self) -> bool:
        """Whether the whole body was read."""
        return self._response.isclosed() and not self._pushed_back

    def challenges(self) -> dict[str, str]:
        """The header's fields about the login, as one field on one line."""
        offered = self.headers.get_all("www-authenticate", [])
        return {"www-authenticate": ", ".join(" ".join(str(field).split()) for field in offered)}

    def read(self, deadline: float) -> bytes:
        """What has arrived, or the next that does; empty at the end."""
        if self._pushed_back:
            data, self._pushed_back = self._pushed_back, b""
            return data
        self._socket.deadline = deadline
        data = self._response.read1(READ_BYTES)
        if not data and self._response.length:
            raise http.client.IncompleteRead(b"")
        self._close_if_over()
        return data

    def look(self, count: int, deadline: float) -> bytes:
        """The first `count` bytes, or all if there are fewer. They are still to be read."""
        start = self.read(deadline)
        while len(start) < count and (data := self.read(deadline)):
            start += data
        self._pushed_back = start
        return start

    def has_more(self) -> bool:
        """Whether a read would not wait."""
        if self._pushed_back or self._response.isclosed():
            return True
        return self._socket.has_received(beyond=_CHUNK_END_BYTES if self._response.chunked else 0)

    def wait(self, deadline: float) -> bool:
        """Wait until there is more to read. False if the wakeup ended the wait."""
        self._socket.deadline = deadline
        while not self.has_more():
            if self._socket.wait():
                return False
        return True

    def skip(self, most: int, deadline: float) -> None:
        """Read the body and drop it. One of more bytes, or whose end is not told, stays unread."""
        if not self.has_length and not self._response.chunked:
            return
        while most > 0 and (data := self.read(deadline)):
            most -= len(data)

    def _close_if_over(self) -> None:
        if self._response.length == 0:
            self._response.close()  # http.client forgets to, and then allows no other request
