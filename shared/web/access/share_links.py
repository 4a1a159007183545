"""Share links: an address that opens one camera or one archived frame for a while, whoever holds it."""

from dataclasses import dataclass
from typing import Final

PARAMETER: Final = "link"
"""The query parameter that carries one."""
_LEAVES_OF_A_CAMERA: Final = ("/stream", "/stream/status", "/snapshot", "/ws")
_LEAVES_OF_A_FRAME: Final = ("", "/image", "/thumbnail")


@dataclass(frozen=True, slots=True)
class ShareLink:
    """`subject` is what it opens; it does so until `ends_at` (UTC epoch seconds)."""

    subject: str
    ends_at: int

    @classmethod
    def to_camera(cls, key: str, ends_at: int) -> "ShareLink":
        return cls(f"/api/cameras/{key}", ends_at)

    @classmethod
    def to_frame(cls, frame_id: int, ends_at: int) -> "ShareLink":
        return cls(f"/api/camera/frames/{frame_id}", ends_at)

    def opens(self, path: str) -> bool:
        """Whether that is an address of its subject: exactly, since a camera's key may begin with another's."""
        leaves = _LEAVES_OF_A_CAMERA if self.subject.startswith("/api/cameras/") else _LEAVES_OF_A_FRAME
        return path.startswith(self.subject) and path[len(self.subject) :] in leaves
