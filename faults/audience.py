"""Who watches what in the lab, by name. Pure: promises and faults speak of viewers by these names."""

from typing import Final

FRONT: Final = "front"
BACK: Final = "back"
FIRST: Final = "stream-1"
SECOND: Final = "stream-2"

SEATS: Final = (
    ("mjpeg", FRONT, FIRST),
    ("mjpeg", FRONT, SECOND),
    ("mjpeg", BACK, FIRST),
    ("socket", FRONT, FIRST),
    ("socket", BACK, SECOND),
    ("snapshot", FRONT, SECOND),
)
"""How, which camera, at which replica."""
EVERYBODY: Final = frozenset(" ".join(seat) for seat in SEATS)
NOBODY: Final[frozenset[str]] = frozenset()
PAGES: Final = frozenset({f"page {FIRST}", f"page {SECOND}"})
ARCHIVE_PAGES: Final = frozenset(f"archive {page}" for page in PAGES)


def watching(camera: str) -> frozenset[str]:
    return frozenset(" ".join(seat) for seat in SEATS if seat[1] == camera)


def at_replica(label: str) -> frozenset[str]:
    return frozenset(" ".join(seat) for seat in SEATS if seat[2] == label)
