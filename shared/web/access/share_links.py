"""Share links: an address that opens one camera, one archived frame or one time-lapse until it expires, for everybody
who has it.
"""

from dataclasses import dataclass
from typing import Final

PARAMETER: Final = "link"
"""The name of the query parameter."""
_CAMERA_ENDPOINTS: Final = ("/stream", "/stream/status", "/snapshot", "/ws")
_FRAME_ENDPOINTS: Final = ("", "/image", "/thumbnail")
_TIMELAPSE_ENDPOINTS: Final = ("/file",)
_ENDPOINTS: Final = {
    "/api/cameras/": _CAMERA_ENDPOINTS,
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

    def opens(self, path: str) -> bool:
        """Whether `path` is an endpoint of the subject. A prefix is not enough: keys may begin alike."""
        endpoints = next((_ENDPOINTS[prefix] for prefix in _ENDPOINTS if self.subject.startswith(prefix)), ())
        return path.startswith(self.subject) and path[len(self.subject) :] in endpoints
