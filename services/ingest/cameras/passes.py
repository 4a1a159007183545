"""What stands in for a setup code once it was used: it opens the settings of cameras, and nothing else, for an hour.

A setup code is good once. Where no password is set a person would need a new one for each change of a camera. Kept in
memory, as digests.
"""

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from shared.access.record_secret import digest_of, is_record_secret, new_secret

SECONDS: Final = 3600.0
MAX_PASSES: Final = 16
"""The oldest makes room."""


class _Pass(NamedTuple):
    until: float
    made_under: tuple[int, ...]


class Passes:
    """Any thread. `generations` are those of the passwords: once one is set or changed, no older pass holds."""

    def __init__(self, monotonic: Callable[[], float], generations: Callable[[], tuple[int, ...]]) -> None:
        self._monotonic: Final = monotonic
        self._generations: Final = generations
        self._lock: Final = threading.Lock()
        self._passes: dict[str, _Pass] = {}

    def make(self) -> str:
        secret = new_secret()
        with self._lock:
            while len(self._passes) >= MAX_PASSES:
                del self._passes[next(iter(self._passes))]
            self._passes[digest_of(secret)] = _Pass(self._monotonic() + SECONDS, self._generations())
        return secret

    def is_good(self, shown: str) -> bool:
        if not is_record_secret(shown):
            return False
        with self._lock:
            found = self._passes.get(digest_of(shown))
        return found is not None and found.until > self._monotonic() and found.made_under == self._generations()
