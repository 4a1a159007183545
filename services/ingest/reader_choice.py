"""Which of the two RTSP readers a camera is tried with next, as `CAMERA_DECODER=auto` means it. Pure.

The direct reader comes first, because it is sooner and cheaper. After a failure that may be a reader's, the other one
is tried once. What works is kept; where that is FFmpeg, the direct reader is tried again now and then.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Literal

from services.ingest.sources import (
    SourceRefusedError,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    SourceUnreachableError,
    SourceUnsupportedError,
    Verdict,
    failure_reasons,
)
from shared.backoff import Backoff

FIRST_RETURN_SECONDS: Final = 60.0
LONGEST_RETURN_SECONDS: Final = 3600.0
"""Until the direct reader is tried again after it failed: a minute, then twice as long each time, up to an hour."""
UPSETS: Final = 3
UPSET_SECONDS: Final = 60.0
"""So many answers that can't be understood within this long are no accident of the network, though pictures come."""
_SAME_FOR_ALL: Final = (SourceUnauthorizedError, SourceRefusedError, SourceUnreachableError)
Reader = Literal["direct", "ffmpeg"]


class ReaderChoice:
    """`reader` is to be opened next, or is open. Call `worked` at its first clean picture, `ended` at its end."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.reader: Reader = "direct"
        self._monotonic = monotonic
        self._proven: Reader | None = None
        self._works = False
        self._is_second = False
        self._failures: dict[Reader, str] = {}
        self._upsets: deque[float] = deque(maxlen=UPSETS)
        self._returns = Backoff(FIRST_RETURN_SECONDS, LONGEST_RETURN_SECONDS)
        self._return_at = float("-inf")

    @property
    def notice(self) -> str | None:
        """Why pictures come through FFmpeg, in words for the user; None while they do not."""
        if self.reader == "direct" or not self._works:
            return None
        return failure_reasons.through_ffmpeg(self._failures.get("direct"))

    @property
    def prefers_another(self) -> bool:
        """Whether it is time to try the direct reader instead of FFmpeg."""
        return self.reader == "ffmpeg" and self._works and self._monotonic() >= self._return_at

    def worked(self) -> None:
        """The open reader gave a clean picture."""
        self._proven, self._works = self.reader, True

    def ended(self, error: SourceUnavailableError | None) -> Verdict:
        """The connection ended because of `error`; None for on purpose."""
        worked, self._works = self._works, False
        if error is None or not self._is_readers_failure(error, worked=worked):
            if worked and self.reader == "direct":
                self._returns.reset()
            self._begin_round()
            return Verdict("" if error is None else str(error))
        self._failures[self.reader] = str(error)
        if self.reader == "direct":
            self._return_at = self._monotonic() + self._returns.next_seconds()
        if not self._is_second:
            self.reader, self._is_second = _other(self.reader), True
            return Verdict(str(error), tries_another=True)
        self._begin_round()
        return Verdict(failure_reasons.of_both(self._failures["direct"], self._failures["ffmpeg"]))

    def _begin_round(self) -> None:
        """The reader that worked last comes first, but the direct one does where it is due again."""
        self._is_second = False
        may_return = self._monotonic() >= self._return_at
        self.reader = "direct" if may_return else self._proven or "direct"

    def _is_readers_failure(self, error: SourceUnavailableError, *, worked: bool) -> bool:
        """Whether another reader may do better. One that gave pictures is not blamed for a connection that breaks."""
        if isinstance(error, _SAME_FOR_ALL):
            return False
        if worked:
            return isinstance(error, SourceUndecodableError) or self._is_upset_often(error)
        # A camera that was understood before and says nothing at all now is away itself.
        return not (isinstance(error, SourceSilentError) and self._proven is not None)

    def _is_upset_often(self, error: SourceUnavailableError) -> bool:
        if not isinstance(error, SourceUnsupportedError):
            return False
        now = self._monotonic()
        self._upsets.append(now)
        return len(self._upsets) == UPSETS and now - self._upsets[0] <= UPSET_SECONDS


def _other(reader: Reader) -> Reader:
    return "ffmpeg" if reader == "direct" else "direct"
