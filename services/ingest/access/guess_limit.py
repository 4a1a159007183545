"""The limit on wrong passwords and codes: for each client's network, and for all of them together. For one thread.

The sender of a request names the client's address, and could invent one for each guess. So all wrong ones together
have a limit too, which is no network's.
"""

from collections.abc import Callable
from typing import Final

from services.ingest.access import texts
from shared.access.throttle import LoginThrottle
from shared.control.messages import ControlRefusedError

FREE_IN_ALL: Final = 30
"""Wrong ones at once, over all clients."""
SECONDS_FOR_EACH: Final = 2.0
"""After so long one more is free: 43,200 a day, whatever addresses are invented."""
_SHORTEST_WAIT: Final = 1.0


class GuessLimit:
    """One for all replicas, because ingest alone judges."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic: Final = monotonic
        self._throttle = LoginThrottle(monotonic)
        self._free = float(FREE_IN_ALL)
        self._counted_at = monotonic()

    def admit(self, address: str) -> None:
        """
        Raises:
            ControlRefusedError: `wait`, this client may not try yet.
        """
        wait = max(self._throttle.wait_seconds(address), self._wait_in_all())
        if wait > 0:
            seconds = max(_SHORTEST_WAIT, wait)
            raise ControlRefusedError("wait", texts.wait(seconds), seconds)

    def has_failed(self, address: str, secret: str) -> bool:
        """Whether this client has just tried the same: a program with an old password guesses nothing."""
        return self._throttle.has_failed(address, secret)

    def failed(self, address: str, secret: str) -> None:
        self._throttle.failed(address, secret)
        self._free -= 1

    def _wait_in_all(self) -> float:
        now = self._monotonic()
        self._free = min(FREE_IN_ALL, self._free + (now - self._counted_at) / SECONDS_FOR_EACH)
        self._counted_at = now
        return max(0.0, (1 - self._free) * SECONDS_FOR_EACH)
