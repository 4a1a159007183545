"""The kinds of source that pictures come from. Each is a `Source`; a new kind is one file here and a line in
`source_opener`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from services.ingest.sources.wall_clock import WallClock
from shared.errors import FramecastError

if TYPE_CHECKING:  # what decodes is 60 MB, and who only asks cameras does without
    from services.ingest.decoding.pictures import Picture


class SourceUnavailableError(FramecastError):
    """Raised when the source gives no pictures now. The message tells the user why. Try again later."""


class SourceSilentError(SourceUnavailableError):
    """Raised when nothing answers at the source's address. Asking there tells when to try again."""


class SourceUnreachableError(SourceSilentError):
    """Raised when no connection to the source's address can be made. No other reader can make one either."""


class SourceRefusedError(SourceUnavailableError):
    """Raised when the source itself says no. It would say so to any reader. Try again later."""


class SourceUnauthorizedError(SourceUnavailableError):
    """Raised when the credentials were refused. Try again seldom: cameras lock out clients that keep guessing."""


class SourceUnsupportedError(SourceUnavailableError):
    """Raised when the camera is there but can't be understood. Another kind of source may; waiting does not help."""


class SourceUndecodableError(SourceUnsupportedError):
    """Raised when a stream arrives whole and no picture comes of it, though pictures may have come before."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a source knows of the stream it receives; None where it can't tell."""

    codec: str | None = None
    """In lower case, such as `h264`, `hevc`, `mjpeg`."""
    bits_per_second: int | None = None
    notice: str | None = None
    """What is wrong although pictures arrive, in words for the user."""
    lost_packets: int = 0
    """In the last seconds, as far as the source can tell."""
    waits_for_key_frame: bool = False
    """Nothing is wrong with what arrives, but decoding can begin only with the camera's next key frame."""
    wall_clock: WallClock | None = None
    """The camera's own clock, where it tells it and is another computer than this one."""
    key_frame_seconds: float | None = None
    """How far apart the pictures are that decoding can begin with."""
    lacks_cpu_time: bool = False
    """This process wants more of a CPU than it gets, so late pictures are not the camera's doing."""


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

    def retrieve(self) -> "Picture | None":
        """The newest frame as a picture; None while there is no clean one.

        A source that decodes only on demand decodes here. It may be called again without a new `grab`.

        Raises:
            SourceUnavailableError: when there is no picture to be had.
        """

    def late_seconds(self) -> float:
        """How old the picture was when `retrieve` returned it, beyond the usual way from the camera; 0.0 where nothing
        tells.
        """

    def interrupt(self) -> None:
        """Make a waiting `grab` return soon, if the source can. The one method that any thread may call."""

    def facts(self) -> SourceFacts:
        """As of now. Called by the source's own thread."""

    def close(self) -> None:
        """Release everything. Harmless when nothing is open."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the end of a connection: what to tell the user, and whether another reader is tried at once."""

    words: str
    tries_another: bool = False


class OpenSource(Protocol):
    """Opens a camera's source, which may be a different one each time. One thread uses it.

    After each call `ended` says once how it went, whether the call returned or raised.
    """

    @property
    def notice(self) -> str | None:
        """Which reader serves and why, in words for the user; None if there is nothing to say."""

    @property
    def has_choice(self) -> bool:
        """Whether another reader may do better where this one makes no picture of what arrives."""

    @property
    def prefers_another(self) -> bool:
        """Whether another reader should be tried as soon as nobody needs pictures."""

    def __call__(self) -> Source:
        """
        Raises:
            SourceUnavailableError: as `Source.open` does.
        """

    def worked(self) -> None:
        """The source that is open gave a clean picture."""

    def ended(self, error: SourceUnavailableError | None) -> Verdict:
        """`error` says why the connection ended; None for on purpose."""


class OneSource:
    """Opens the same source each time."""

    notice: Final = None
    has_choice: Final = False
    prefers_another: Final = False

    def __init__(self, source: Source) -> None:
        self._source = source

    def __call__(self) -> Source:
        self._source.open()
        return self._source

    def worked(self) -> None:
        """Nothing follows from it."""

    def ended(self, error: SourceUnavailableError | None) -> Verdict:
        return Verdict("" if error is None else str(error))
