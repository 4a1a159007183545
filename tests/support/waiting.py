"""Waiting for something to become true, bounded; instead of sleeping and hoping.

Limits are what it may take on a machine of one's own. Ours are shared, and what is late there is not wrong: so every
wait has `PATIENCE` times as long, unless the limit is what the test is about.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE: Final = 4
T = TypeVar("T")


def wait_until(
    probe: Callable[[], T], what: str = "it came true", timeout_seconds: float = 10.0, patience: float = PATIENCE
) -> T:
    """The first true answer of `probe`; an assertion naming `what` when none comes in time."""
    deadline = time.monotonic() + timeout_seconds * patience
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, (
            f"not within {timeout_seconds * patience:g} s: {what}; last seen: {answer!r}"
        )
        time.sleep(0.02)


async def eventually(probe: Callable[[], object], what: str = "it came true", timeout_seconds: float = 10.0) -> None:
    """Like `wait_until`, on a loop that must go on turning."""
    deadline = time.monotonic() + timeout_seconds * PATIENCE
    while not probe():
        assert time.monotonic() < deadline, f"not within {timeout_seconds * PATIENCE:g} s: {what}"
        await asyncio.sleep(0.02)
