"""The messages in an SEI NAL unit (ITU-T H.264 and H.265, annex D). Pure."""

from typing import Final

from services.ingest.decoding.access_unit import Buffer

_RECOVERY_POINT: Final = 6
_MORE: Final = 0xFF  # a type or a size goes on in the next byte
_ESCAPED, _PLAIN = b"\0\0\3", b"\0\0"


def has_recovery_point(body: Buffer) -> bool:
    """Whether one of the messages says that decoding may begin here. `body` is the NAL unit without its header.

    Cameras put messages of their own before it.
    """
    data = bytes(body)
    if _ESCAPED in data:
        data = data.replace(_ESCAPED, _PLAIN)
    at = 0
    while at + 1 < len(data):
        kind, at = _number(data, at)
        size, at = _number(data, at)
        if kind == _RECOVERY_POINT and at < len(data):
            return True
        at += size
    return False


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A type or a size, and where it ends."""
    number = 0
    while at < len(data) and data[at] == _MORE:
        number += _MORE
        at += 1
    return (number + data[at], at + 1) if at < len(data) else (number, at)
