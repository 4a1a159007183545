"""One connection to a camera, as http.client speaks on it. One thread."""

import http.client
import ssl
from collections.abc import Mapping

from services.ingest.sources.http.address import HttpAddress
from services.ingest.sources.http.camera_socket import CameraSocket
from services.ingest.sources.http.response import Response
from services.ingest.sources.http.wakeup import Wakeup


class CameraConnection:
    """Connected by the first request. Its methods raise OSError and HTTPException."""

    def __init__(self, address: HttpAddress, tls: ssl.SSLContext | None, wakeup: Wakeup) -> None:
        self._origin = address.origin
        self._place = address.host, address.port
        self._tls = tls
        self._wakeup = wakeup
        self._http = http.client.HTTPConnection(*self._place)
        self._http.default_port = address.default_port
        self._http.auto_open = 0
        self._socket: CameraSocket | None = None
        self._response: Response | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the camera accepted it."""
        return self._socket is not None

    def can_serve(self, address: HttpAddress) -> bool:
        """Whether a request for `address` may be sent on it: the last answer was read, and the camera keeps it open."""
        is_kept = self._response is not None and self._response.was_read and self._http.sock is not None
        return is_kept and address.origin == self._origin

    def get(self, target: str, headers: Mapping[str, bytes], deadline: float) -> Response:
        """The answer's head, and its body to read."""
        if self._socket is None:
            self._socket = CameraSocket(self._place, self._tls, deadline, self._wakeup)
            self._http.sock = self._socket  # http.client needs no more of one
        self._socket.deadline = deadline
        self._http.request("GET", target, headers=headers)
        self._response = Response(self._http.getresponse(), self._socket)
        return self._response

    def close(self) -> None:
        self._http.close()
        if self._socket is not None:
            self._socket.disconnect()
