"""How long a camera that failed is left alone."""

import random
import threading
from collections.abc import Callable
from typing import Final

from services.ingest.sources import SourceSilentError, SourceUnauthorizedError, SourceUnavailableError
from shared.backoff import Backoff
from shared.clock import Clock

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
FIRST_UNAUTHORIZED_RETRY_SECONDS: Final = 60.0
LONGEST_UNAUTHORIZED_RETRY_SECONDS: Final = 600.0
"""Cameras that lock clients out do so after some five attempts within half an hour."""
JITTER: Final = 0.2
PROBE_SECONDS: Final = 1.0


class Retries:
    """Each pause is longer than the last. One thread.

    `probe` says within a second whether anything answers at the camera's address; None if there is no address.
    """

    def __init__(self, clock: Clock, probe: Callable[[], bool] | None) -> None:
        self._clock = clock
        self._probe = probe
        self._usual = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        self._unauthorized = Backoff(FIRST_UNAUTHORIZED_RETRY_SECONDS, LONGEST_UNAUTHORIZED_RETRY_SECONDS)

    def note_accepted(self) -> None:
        """The camera took our credentials."""
        self._unauthorized.reset()

    def note_steady(self) -> None:
        """Frames have come for a while: the next failure begins with a short pause."""
        self._usual.reset()

    def wait_after(self, error: SourceUnavailableError, stop: threading.Event) -> None:
        """Wait before the camera is tried again, or until `stop` is set."""
        if isinstance(error, SourceUnauthorizedError):
            stop.wait(self._unauthorized.next_seconds())
        else:
            self._wait(stop, was_silent=isinstance(error, SourceSilentError))

    def _wait(self, stop: threading.Event, *, was_silent: bool) -> None:
        """Stop waiting once a silent camera answers.

        A camera that answered and failed is left alone: it may have few connections, and asking it tells nothing new.
        """
        delay = self._usual.next_seconds()
        until = self._clock.monotonic() + delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 no secret
        asks, is_silent = was_silent, False
        while not stop.is_set() and (remaining := until - self._clock.monotonic()) > 0:
            if asks and self._probe is not None and remaining > PROBE_SECONDS:
                answers = self._probe()
                if answers and is_silent:
                    # A camera that has just started may refuse a few more times.
                    self._usual.reset()
                    return
                asks, is_silent = not answers, True
            stop.wait(min(remaining, PROBE_SECONDS))
