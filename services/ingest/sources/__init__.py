"""Where pictures come from. A source is a `Source`; a new kind is one file here and a line in `source_opener`."""

from collections.abc import Callable
from typing import Protocol

from services.ingest.camera_state import SourceFacts
from services.ingest.decoding.pictures import Picture

__all__ = [
    "OpenSource",
    "Source",
    "SourceFacts",
    "SourceUnauthorizedError",
    "SourceUnavailableError",
    "SourceUnsupportedError",
]


class SourceUnavailableError(Exception):
    """Raised when the source gives no pictures now; the message says why, in words for the user. Try again later."""


class SourceUnauthorizedError(SourceUnavailableError):
    """Raised when the credentials were refused. Try again seldom: cameras lock out those who keep guessing."""


class SourceUnsupportedError(SourceUnavailableError):
    """Raised when the camera is there but can't be understood. Another kind of source may; waiting does not help."""


class Source(Protocol):
    """A camera, or what behaves like one. Used by one thread; after an error it is closed and may be opened anew.

    All methods may block, each for a few seconds at the most.
    """

    def open(self) -> None:
        """Connect. When that fails, nothing stays open.

        Raises:
            SourceUnavailableError: when that fails.
        """

    def grab(self) -> bool:
        """Wait for the next frame. False when `interrupt` came first; then there is no new one.

        Raises:
            SourceUnavailableError: when none comes for as long as a camera may be silent.
        """

    def retrieve(self) -> Picture | None:
        """The newest frame as a picture; None while there is no clean one.

        A source that decodes only when asked does so here, and may be asked without a new `grab`.

        Raises:
            SourceUnavailableError: when it can't be had.
        """

    def interrupt(self) -> None:
        """Make a waiting `grab` return soon, where the source can. The one method that any thread may call."""

    def facts(self) -> SourceFacts:
        """As of now; by the source's own thread."""

    def close(self) -> None:
        """Let go of everything. Harmless when nothing is open."""


OpenSource = Callable[[SourceUnavailableError | None], Source]
"""Opens a camera's source, which may be another one each time. It is told why the last one ended: None at first, and
when it was let go. It raises SourceUnavailableError as `open` does."""
