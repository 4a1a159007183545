"""The part of RTCP (RFC 3550) that a receiver needs: read sender reports and goodbyes, report what arrived. Pure."""

import secrets
import struct
from collections.abc import Iterator
from typing import Final

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _GOODBYE = 200, 201, 202, 203
_VERSION: Final = 0x80
_COUNT: Final = 0x1F
_NAME: Final = 1
_CYCLE: Final = 65536
_MAX_LOST: Final = 0x7FFFFF
_SENDER_REPORT_BYTES: Final = 24  # its fixed part
REPORT_SECONDS: Final = 1.0
"""However often a sender reports, it gets no more than one report in this time: what it can make us send is bounded."""


class ReceiverReports:
    """The reports of one receiver about one sender. The caller brings the time, in seconds of any one clock."""

    def __init__(self) -> None:
        self._own = secrets.randbits(32)
        self._sender: int | None = None
        self._reported_time = 0
        self._read_at = 0.0
        self._reported_at = float("-inf")
        self.sender_clock: tuple[float, int] | None = None
        """Of the last report: the sender's wall time in seconds and the time stamp that belongs to it."""

    def read(self, data: bytes | bytearray, now: float, sender: int | None) -> bool:
        """Read a compound packet. True if it says that the stream of `sender` is over.

        Other senders' goodbyes arrive too: those of sessions before ours, for example.
        """
        is_over = False
        for count, kind, body in _packets(data):
            if kind == _SENDER_REPORT and len(body) >= _SENDER_REPORT_BYTES:
                self._sender, self._reported_time = struct.unpack("!I2xI", body[:10])
                seconds, fraction, timestamp = struct.unpack("!3I", body[4:16])
                self.sender_clock = seconds + fraction / 2**32, timestamp
                self._read_at = now
            elif kind == _GOODBYE and sender is not None:
                leaving = [body[at : at + 4] for at in range(0, 4 * count, 4)]
                is_over |= sender.to_bytes(4, "big") in leaving
        return is_over

    def report(self, *, lost: int, highest_sequence: int, now: float) -> bytes | None:
        """The next report to send; None until the sender has identified itself, and while it is too early for another.
        `lost` counts packets."""
        if self._sender is None or now - self._reported_at < REPORT_SECONDS:
            return None
        self._reported_at = now
        delay = min(int((now - self._read_at) * _CYCLE), 0xFFFFFFFF)
        lost = min(lost, _MAX_LOST)
        block = struct.pack("!6I", self._sender, lost, highest_sequence & 0xFFFFFFFF, 0, self._reported_time, delay)
        name = bytes((_NAME, 9)) + b"framecast" + b"\0"
        return _packet(_RECEIVER_REPORT, struct.pack("!I", self._own) + block) + _packet(
            _DESCRIPTION, struct.pack("!I", self._own) + name
        )


def _packet(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", _VERSION | 1, kind, len(body) // 4) + body


def _packets(data: bytes | bytearray) -> Iterator[tuple[int, int, bytes]]:
    """The count, the kind and the body of each."""
    start = 0
    while start + 4 <= len(data):
        end = start + 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        if data[start] & 0xC0 != _VERSION or end > len(data):
            return
        yield data[start] & _COUNT, data[start + 1], bytes(data[start + 4 : end])
        start = end
