"""What is wrong at the moment: one sentence per subject, logged when it changes and shown while it lasts."""

from enum import StrEnum

from shared.logs import get_logger

log = get_logger(__name__)


class Subject(StrEnum):
    """What a problem is about. Besides these there is one for each camera's encoder."""

    DATABASE = "database"
    DISK = "archive disk"
    STORE = "archive directory"
    SCAN = "scan of the archive"
    FILES = "files of the archive"
    PUT_BACK = "deleted pictures that were put back"
    CHECK = "slow check of the archive"
    CAMERAS = "renaming and forgetting cameras"
    RETENTION = "retention"
    CLOCK = "clock"
    CAMERAS_FILE = "cameras file"
    CAMERA_RULES = "rules of cameras"
    LIMITS = "limits of the archive's size"
    TIMELAPSES = "time-lapses"


class Problems:
    """The sentences by subject. Change them on the loop's thread only; any thread may read them."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def report(self, subject: str, text: str) -> None:
        """Show this sentence until the subject is cleared or has another sentence."""
        if self._texts.get(subject) != text:
            log.warning("problem", about=subject, text=text)
            self._texts[subject] = text

    def clear(self, subject: str) -> None:
        """The subject has no problem any more."""
        if self._texts.pop(subject, None) is not None:
            log.info("problem over", about=subject)

    def has(self, subject: str) -> bool:
        """Whether the subject has a problem now."""
        return subject in self._texts

    def texts(self) -> list[str]:
        """All sentences, the oldest subject first."""
        return list(self._texts.values())
