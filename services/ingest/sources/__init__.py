"""Where pictures come from. A source is a `Source`; a new kind is one file here and a line in `open_source`."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, BGR."""


class SourceUnavailableError(Exception):
    """Raised when the source gives no pictures now; the message says why, in words for the user. Try again later."""


class SourceUnauthorizedError(SourceUnavailableError):
    """Raised when the credentials were refused. Try again seldom: cameras lock out those who keep guessing."""


class Source(Protocol):
    """A camera, or what behaves like one. Used by one thread; after an error it is closed and may be opened anew.

    All methods may block, each for a few seconds at the most.
    """

    def open(self) -> None:
        """Connect.

        Raises:
            SourceUnavailableError: when that fails.
        """

    def grab(self) -> None:
        """Wait for the next frame and decode it.

        Raises:
            SourceUnavailableError: when none comes.
        """

    def retrieve(self) -> Picture:
        """The frame grabbed last, as a picture of the caller's own.

        Raises:
            SourceUnavailableError: when it can't be had.
        """

    def close(self) -> None:
        """Let go of everything. Harmless when nothing is open."""
