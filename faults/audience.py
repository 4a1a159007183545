"""Who watches what in the lab, by name. Pure: promises and faults speak of viewers by these names."""

from typing import Final

FRONT: Final = "front"
BACK: Final = "back"
THIRD: Final = "third"
"""The camera that its owner changes. No viewer watches it, and its archive is not judged."""
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
BROWSER: Final = ("browser", FRONT, FIRST)
"""A real browser, in full campaigns. What it shows is looked at twice a second, so it is not judged for each frame."""
_ALL: Final = (*SEATS, BROWSER)
CAMERAS: Final = frozenset({FRONT, BACK})
EVERYBODY: Final = frozenset(" ".join(seat) for seat in _ALL)
NOBODY: Final[frozenset[str]] = frozenset()
BROWSER_PAGE: Final = f"browser page {FIRST}"
STATUS_PAGE: Final = f"browser's status page {FIRST}"
TIMELINE_PAGE: Final = f"browser's timeline {FIRST}"
IN_BROWSER: Final = frozenset({BROWSER_PAGE, STATUS_PAGE, TIMELINE_PAGE})
_ASKING: Final = frozenset({f"page {FIRST}", f"page {SECOND}"})
ARCHIVE_PAGES: Final = frozenset(f"archive {page}" for page in _ASKING) | {STATUS_PAGE}
"""Those that tell what is wrong in the archive."""
ARCHIVER_PAGES: Final = ARCHIVE_PAGES | {TIMELINE_PAGE}
"""Those that tell that the archiver does not answer."""
PAGES: Final = _ASKING | {BROWSER_PAGE, STATUS_PAGE}
"""Those that tell of cameras and ingest."""
ALL_PAGES: Final = PAGES | ARCHIVER_PAGES


LAB: Final = "the lab"
"""Whose lateness concerns every promise."""
OBJECT_STORE: Final = "the object store"
"""Its server, which is a process of the lab."""


def watching(camera: str) -> frozenset[str]:
    return frozenset(" ".join(seat) for seat in _ALL if seat[1] == camera)


def at_replica(label: str) -> frozenset[str]:
    return frozenset(" ".join(seat) for seat in _ALL if seat[2] == label)


def camera_of(viewer: str) -> str:
    return viewer.split(" ")[1]


def parts_behind(viewer: str) -> frozenset[str]:
    """What a viewer's pictures pass through, by the names under which lateness is noted."""
    _, camera, replica = viewer.rsplit(" ", 2)
    return frozenset({LAB, "ingest", camera_part(camera), replica})


def parts_behind_archive(camera: str) -> frozenset[str]:
    return frozenset({LAB, "ingest", camera_part(camera), "archiver"})


def camera_part(camera: str) -> str:
    return f"camera {camera}"
