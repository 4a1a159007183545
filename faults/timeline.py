"""What happened when, in words: for the report of a breach. Any thread may add to it."""

import threading
import time
from datetime import UTC, datetime
from typing import Final

AROUND_SECONDS: Final = 20.0


class Timeline:
    """`print_all` prints each line as it is added."""

    def __init__(self, *, print_all: bool = False) -> None:
        self.began_at = time.time()
        self._lines: list[tuple[float, str]] = []
        self._lock = threading.Lock()
        self._print_all = print_all

    def add(self, words: str) -> None:
        at = time.time()
        with self._lock:
            self._lines.append((at, words))
        if self._print_all:
            print(self.line(at, words), flush=True)

    def around(self, at: float) -> list[str]:
        """The lines shortly before and after, oldest first."""
        with self._lock:
            near = [(when, words) for when, words in self._lines if abs(when - at) <= AROUND_SECONDS]
        return [self.line(when, words) for when, words in sorted(near)]

    def line(self, at: float, words: str) -> str:
        moment = datetime.fromtimestamp(at, UTC)
        return f"{at - self.began_at:8.1f} s  {moment:%H:%M:%S}.{moment.microsecond // 100_000}  {words}"
