"""Waiting for something to become true, bounded; instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(probe: Callable[[], T], what: str = "it came true", timeout_seconds: float = 10.0) -> T:
    """The first true answer of `probe`; an assertion naming `what` when none comes in time."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {timeout_seconds:g} s: {what}; last seen: {answer!r}"
        time.sleep(0.02)


async def eventually(probe: Callable[[], object], what: str = "it came true", timeout_seconds: float = 10.0) -> None:
    """Like `wait_until`, on a loop that must go on turning."""
    deadline = time.monotonic() + timeout_seconds
    while not probe():
        assert time.monotonic() < deadline, f"not within {timeout_seconds:g} s: {what}"
        await asyncio.sleep(0.02)
