"""What an open page says of each kind of trouble: parts of the services' own sentences. Pure."""

from typing import Final

NO_ANSWER: Final = "(no answer)"
"""The page gets no answer, which it says in words of its own. It counts only where a fault forbids an answer."""

_RECONNECTING: Final = "Reconnecting…"
"""What the live page says before it knows more. Its other words are those of the state, in short."""
INGEST: Final = ("Ingest is unreachable", _RECONNECTING, "No news")
INGEST_CLOCK: Final = ("The clock of ingest's host is",)
CAMERA: Final = (
    "The camera is offline",
    "No pictures from the camera",
    "Connecting to the camera",
    "Offline",
    "Stalled",
    "Connecting…",
    "The camera stopped sending pictures",
)
PASSWORD: Final = ("The camera refused the login", "No access")
REPLICA: Final = (_RECONNECTING, "Not reached")
ARCHIVER_GONE: Final = ("The archive can't be reached",)
ARCHIVER_SILENT: Final = ("The archive can't be reached", "The archive does not answer", NO_ANSWER)
ARCHIVER_CLOCK: Final = ("which is in doubt",)
DATABASE: Final = ("The database can't be used",)
OBJECT_STORE: Final = ("The archive's object store can't be used",)
OTHER_ACCESS: Final = ("Ingest has another state of access",)
OLDER_ACCESS: Final = ("Ingest has an older state of access",)
NOT_KEPT: Final = ("holds, but it can't be kept in",)
FILE_NOT_IN_FORCE: Final = ("The changed cameras file is not in force",)
DISK_FULL: Final = ("No space left",)
DISK_READ_ONLY: Final = ("Read-only file system",)
DISK_AWAY: Final = ("is not mounted",)


def about(camera: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The same, said of this camera and of no other."""
    return tuple(f"{camera}: {word}" for word in words)
