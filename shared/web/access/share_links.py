"""Share links: an address that opens one camera or one archived frame until it expires, for everybody who has it."""

from dataclasses import dataclass
from typing import Final

PARAMETER: Final = "link"
"""The name of the query parameter."""
_CAMERA_ENDPOINTS: Final = ("/stream", "/stream/status", "/snapshot", "/ws")
_FRAME_ENDPOINTS: Final = ("", "/image", "/thumbnail")


@dataclass(frozen=True, slots=True)
class ShareLink:
    """`subject` is the path of the camera or frame that it opens, until `ends_at` (UTC epoch seconds)."""

    subject: str
    ends_at: int

    @classmethod
    def to_camera(cls, key: str, ends_at: int) -> "ShareLink":
        return cls(f"/api/cameras/{key}", ends_at)

    @classmethod
    def to_frame(cls, frame_id: int, ends_at: int) -> "ShareLink":
        return cls(f"/api/camera/frames/{frame_id}", ends_at)

    def opens(self, path: str) -> bool:
        """Whether `path` is an endpoint of the subject. A prefix is not enough: keys may begin alike."""
        endpoints = _CAMERA_ENDPOINTS if self.subject.startswith("/api/cameras/") else _FRAME_ENDPOINTS
        return path.startswith(self.subject) and path[len(self.subject) :] in endpoints
