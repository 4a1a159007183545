"""Where the exchange with a camera can be heard: all bytes of our own readers, after TLS, both directions.

`services/ingest/recorded_attempt.py` listens here. The tap is the process's, since a process reads one camera.
Connections ask for it once, when they begin, so without one they cost nothing more.
"""

from collections.abc import Callable
from typing import Literal, Protocol

Way = Literal["rtsp", "http", "udp"]
"""What a connection carries: RTSP with interleaved packets, HTTP, or the datagrams of one UDP port."""
Direction = Literal["sent", "received", "ended"]
"""As seen from us. `ended`, which has no data, is the connection's end, whoever caused it."""
Listener = Callable[[Direction, bytes], None]


class Tap(Protocol):
    def connected(self, way: Way) -> Listener:
        """A connection begins. Its bytes go to the result, in the thread that reads the camera."""


_tap: Tap | None = None


def listen(tap: Tap | None) -> None:
    """Have `tap` hear all connections that begin from now on; None for nobody."""
    global _tap  # noqa: PLW0603 the process has one
    _tap = tap


def listener(way: Way) -> Listener | None:
    """For a connection that begins; None where nobody listens."""
    return None if _tap is None else _tap.connected(way)
