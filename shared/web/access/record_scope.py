"""The part of its role that a record opens: some cameras, the live picture alone, or what a share link is for. Pure.

The owner's records are in `access_book.py`. A scope is a list of what is open, so an address added tomorrow is closed.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from shared.bus.access_state import AccessScope
from shared.web.access.roles import READING
from shared.web.access.share_links import ANY_CAMERA, CAMERA_ENDPOINTS, ShareLink

ARCHIVE: Final = ("/archive", "/api/camera/frames", "/api/camera/timelapses", "/api/camera/retention")
"""What the addresses of the archive begin with."""
OWNERS: Final = ("/api/access", "/api/camera/links", "/api/settings", "/setup")
"""Addresses that give access to others. A record with a scope opens none of them."""
_CAMERA: Final = re.compile(rf"/api/cameras/([a-z0-9][a-z0-9_-]{{0,62}})(?:{'|'.join(CAMERA_ENDPOINTS)})")
_TIMELAPSE: Final = re.compile(
    r"/api/camera/timelapses/([a-z0-9][a-z0-9_-]{0,62})_\d{8}T\d{6}Z_[0-9a-f]{6}(?:/file|/poster)?", re.ASCII
)
_FRAME: Final = re.compile(r"/api/camera/frames/[0-9]+(?:/image|/thumbnail)?")
"""Which camera it is of the archiver knows, and refuses."""
_FRAMES: Final = "/api/camera/frames"
_OF_ONE_CAMERA: Final = frozenset(
    {
        *(ANY_CAMERA + endpoint for endpoint in CAMERA_ENDPOINTS),
        _FRAMES,
        *(f"{_FRAMES}/{name}" for name in ("latest", "nearest", "gaps", "history", "days", "zip", "index")),
    }
)
"""The camera is in the query."""


@dataclass(frozen=True, slots=True)
class RecordScope:
    """`cameras` None: all of them. `subject`: the path that a share link is for."""

    cameras: tuple[str, ...] | None = None
    has_archive: bool = True
    subject: str | None = None

    @classmethod
    def of(cls, scope: AccessScope | None) -> "RecordScope | None":
        """The scope of a record on the bus; None where it opens everything that its role may."""
        return None if scope is None else cls(scope.cameras, scope.archive, scope.path)

    @property
    def is_a_links(self) -> bool:
        return self.subject is not None

    def sees(self, camera_key: str) -> bool:
        """Whether the camera is within the scope."""
        if self.subject is not None:
            return self.subject == f"{ANY_CAMERA}s/{camera_key}"
        return self.cameras is None or camera_key in self.cameras

    def opens(self, method: str, path: str, query: bytes) -> bool:
        """Whether a request is within the scope. A WebSocket counts as GET. Of a frame only its archiver can tell."""
        if self.subject is not None:
            return method in READING and ShareLink(self.subject, 0).opens(path, query)
        if path.startswith(OWNERS) or (not self.has_archive and path.startswith(ARCHIVE)):
            return False
        return self.cameras is None or self._is_of_our_cameras(method, path, query)

    def own_address(self, path: str, query: bytes) -> tuple[str, bytes]:
        """Path and query for an address that the scope opens. Where it names no camera, that is the first of ours."""
        if self.subject is not None:
            return ShareLink(self.subject, 0).own_address(path, query)
        if self.cameras and path in _OF_ONE_CAMERA and not _cameras_in(query):
            return path, query + (b"&" if query else b"") + f"camera={self.cameras[0]}".encode()
        return path, query

    def _is_of_our_cameras(self, method: str, path: str, query: bytes) -> bool:
        if method not in READING and (method, path) != ("POST", _FRAMES):  # a capture
            return False
        if path in _OF_ONE_CAMERA:
            return all(self.sees(key) for key in _cameras_in(query))
        named = _CAMERA.fullmatch(path) or _TIMELAPSE.fullmatch(path)
        return self.sees(named[1]) if named is not None else _FRAME.fullmatch(path) is not None


def _cameras_in(query: bytes) -> list[str]:
    return parse_qs(query.decode("latin-1"), keep_blank_values=True).get("camera", [])
