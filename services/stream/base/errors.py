"""The errors that cross stream's rooms, each named for what its catcher does about it."""

from services.stream.base import texts
from shared.errors import FramecastError


class UnknownCameraError(FramecastError):
    """Raised when no status of a camera has arrived. `is_final` is false while one may still arrive."""

    def __init__(self, key: str, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__(texts.no_such_camera(key) if is_final else texts.CAMERAS_NOT_KNOWN_YET)


class WidthNotOfferedError(FramecastError):
    """Raised when a request names a width that ingest does not encode; the message lists the widths that it does."""

    def __init__(self, width: int, offered: tuple[int, ...]) -> None:
        super().__init__(texts.width_not_offered(width, offered))


class TooManyViewersError(FramecastError):
    """Raised when there is no room for one more viewer."""


class NotOnThisLinkError(FramecastError):
    """Raised when the holder of a share link asks for more than the link opens."""


class PictureTooOldError(FramecastError):
    """Raised when the newest picture is older than a request allows. The camera may be in order."""

    def __init__(self, age_seconds: float) -> None:
        super().__init__(texts.picture_too_old(age_seconds))
