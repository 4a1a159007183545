"""How a target takes several things from one input. Pure."""

from collections.abc import Iterator


def in_chunks(data: bytes) -> Iterator[bytes]:
    """All but the first byte, cut into reads of one size, which the first byte tells: 1 to 2041 bytes."""
    size = 8 * data[0] + 1 if data else 1
    for at in range(1, len(data), size):
        yield data[at : at + size]


def records_in(data: bytes) -> Iterator[bytes]:
    """What lies behind each length of two bytes, as packets are recorded in `tests/golden/rtp`. The last may be cut."""
    at = 0
    while at + 2 <= len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        yield data[at + 2 : end]
        at = end


def as_text(data: bytes) -> str:
    """UTF-8; what is none becomes replacement characters, which a person may paste, too."""
    return data.decode(errors="replace")
