"""Share links: an address that opens one camera, one archived frame or one time-lapse until it expires, for everybody
who has it.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

PARAMETER: Final = "link"
"""The name of the query parameter."""
SHARED: Final = "/shared"
"""The page for the holder of a link."""
ANY_CAMERA: Final = "/api/camera"
"""The other spelling: the camera is in the query, or is the default one."""
CAMERA_ENDPOINTS: Final = ("/stream", "/stream/status", "/snapshot", "/ws")
_FRAME_ENDPOINTS: Final = ("", "/image", "/thumbnail")
_TIMELAPSE_ENDPOINTS: Final = ("/file",)
_ENDPOINTS: Final = {
    "/api/cameras/": CAMERA_ENDPOINTS,
    "/api/camera/frames/": _FRAME_ENDPOINTS,
    "/api/camera/timelapses/": _TIMELAPSE_ENDPOINTS,
}


@dataclass(frozen=True, slots=True)
class ShareLink:
    """`subject` is the path of the camera, frame or time-lapse that it opens, until `ends_at` (UTC epoch seconds)."""

    subject: str
    ends_at: int

    @classmethod
    def to_camera(cls, key: str, ends_at: int) -> "ShareLink":
        return cls(f"/api/cameras/{key}", ends_at)

    @classmethod
    def to_frame(cls, frame_id: int, ends_at: int) -> "ShareLink":
        return cls(f"/api/camera/frames/{frame_id}", ends_at)

    @classmethod
    def to_timelapse(cls, timelapse_id: str, ends_at: int) -> "ShareLink":
        return cls(f"/api/camera/timelapses/{timelapse_id}", ends_at)

    def opens(self, path: str, query: bytes = b"") -> bool:
        """Whether `path` is an endpoint of the subject, in any of its spellings."""
        if self._is_in_other_spelling(path):
            given = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("camera", [])
            return all(key == self._camera_key for key in given)
        # A prefix is not enough: keys may begin alike.
        endpoints = next((_ENDPOINTS[prefix] for prefix in _ENDPOINTS if self.subject.startswith(prefix)), ())
        return path.startswith(self.subject) and path[len(self.subject) :] in endpoints

    def own_address(self, path: str, query: bytes) -> tuple[str, bytes]:
        """Path and query that lead to the subject, for an address that it opens. A link names its camera, so the
        address need not. In place of the page of all cameras there is the page of this one.
        """
        if path == "/":
            return SHARED, query
        if self._is_in_other_spelling(path):
            return self.subject + path.removeprefix(ANY_CAMERA), query
        return path, query

    @property
    def _camera_key(self) -> str | None:
        prefix = f"{ANY_CAMERA}s/"
        return self.subject.removeprefix(prefix) if self.subject.startswith(prefix) else None

    def _is_in_other_spelling(self, path: str) -> bool:
        if self._camera_key is None:
            return False
        return path == "/" or (path.startswith(ANY_CAMERA) and path[len(ANY_CAMERA) :] in CAMERA_ENDPOINTS)
