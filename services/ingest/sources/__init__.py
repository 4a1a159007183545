"""The kinds of source that pictures come from. Each is a `Source`; a new kind is one file here and a line in
`source_opener`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.ingest.decoding.pictures import Picture
from shared.errors import FramecastError


class SourceUnavailableError(FramecastError):
    """Raised when the source gives no pictures now. The message tells the user why. Try again later."""


class SourceSilentError(SourceUnavailableError):
    """Raised when nothing answers at the source's address. Asking there tells when to try again."""


class SourceUnauthorizedError(SourceUnavailableError):
    """Raised when the credentials were refused. Try again seldom: cameras lock out clients that keep guessing."""


class SourceUnsupportedError(SourceUnavailableError):
    """Raised when the camera is there but can't be understood. Another kind of source may; waiting does not help."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source knows of the stream it receives; None where it can't tell."""

    codec: str | None = None
    """In lower case, such as `h264`, `hevc`, `mjpeg`."""
    bits_per_second: int | None = None
    notice: str | None = None
    """What is wrong although pictures arrive, in words for the user."""


class Source(Protocol):
    """A camera, or something that behaves like one. One thread uses it. After an error it is closed, and may be opened
    again.

    All methods may block, each for a few seconds at most.
    """

    def open(self) -> None:
        """Connect. When that fails, nothing stays open.

        Raises:
            SourceUnavailableError: when that fails.
        """

    def grab(self) -> bool:
        """Wait for the next frame. False when `interrupt` ended the wait; then there is no new frame.

        Raises:
            SourceUnavailableError: when no frame comes for as long as a camera may be silent.
        """

    def retrieve(self) -> Picture | None:
        """The newest frame as a picture; None while there is no clean one.

        A source that decodes only on demand decodes here. It may be called again without a new `grab`.

        Raises:
            SourceUnavailableError: when there is no picture to be had.
        """

    def interrupt(self) -> None:
        """Make a waiting `grab` return soon, if the source can. The one method that any thread may call."""

    def facts(self) -> SourceFacts:
        """As of now. Called by the source's own thread."""

    def close(self) -> None:
        """Release everything. Harmless when nothing is open."""


OpenSource = Callable[[SourceUnavailableError | None], Source]
"""Opens a camera's source, which may be a different one each time. Its argument says why the last one ended: None at
first, and after a disconnect on purpose. It raises SourceUnavailableError as `open` does."""
