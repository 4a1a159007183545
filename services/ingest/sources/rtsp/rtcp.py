"""The little of RTCP that a receiver needs: hear sender reports and goodbyes, and report that we are here. Pure."""

import secrets
import struct
from collections.abc import Iterator
from typing import Final

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _GOODBYE = 200, 201, 202, 203
_VERSION: Final = 0x80
_NAME: Final = 1
_CYCLE: Final = 65536
_MAX_LOST: Final = 0x7FFFFF


class ReceiverReports:
    """What one receiver says of one sender."""

    def __init__(self) -> None:
        self._own = secrets.randbits(32)
        self._sender: int | None = None
        self._reported_time = 0
        self._heard_at = 0.0

    def hear(self, data: bytes | bytearray, now: float) -> bool:
        """A compound packet; whether it says that the stream is over. `now` is in seconds of any clock."""
        is_over = False
        for kind, body in _packets(data):
            if kind == _SENDER_REPORT and len(body) >= 24:  # noqa: PLR2004 its fixed part
                self._sender, self._reported_time = struct.unpack("!I2xI", body[:10])
                self._heard_at = now
            is_over |= kind == _GOODBYE
        return is_over

    def report(self, *, lost: int, highest_sequence: int, now: float) -> bytes | None:
        """The next report to send; None before the sender has said who it is."""
        if self._sender is None:
            return None
        delay = min(int((now - self._heard_at) * _CYCLE), 0xFFFFFFFF)
        lost = min(lost, _MAX_LOST)
        block = struct.pack("!6I", self._sender, lost, highest_sequence & 0xFFFFFFFF, 0, self._reported_time, delay)
        name = bytes((_NAME, 9)) + b"framecast" + b"\0"
        return _packet(_RECEIVER_REPORT, struct.pack("!I", self._own) + block) + _packet(
            _DESCRIPTION, struct.pack("!I", self._own) + name
        )


def _packet(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", _VERSION | 1, kind, len(body) // 4) + body


def _packets(data: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start + 4 <= len(data):
        end = start + 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        if data[start] & 0xC0 != _VERSION or end > len(data):
            return
        yield data[start + 1], bytes(data[start + 4 : end])
        start = end
