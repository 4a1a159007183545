"""Waiting until something becomes true, with a limit, instead of sleeping and hoping.

The limits are for an idle machine. On a shared machine a late result is not a wrong one, so every wait may take
`PATIENCE` times as long, unless the limit itself is tested.
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
    """The first true answer of `probe`. Without one in time, an AssertionError that names `what`."""
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
    """Like `wait_until`, for a coroutine: the loop goes on running."""
    deadline = time.monotonic() + timeout_seconds * PATIENCE
    while not probe():
        assert time.monotonic() < deadline, f"not within {timeout_seconds * PATIENCE:g} s: {what}"
        await asyncio.sleep(0.02)
