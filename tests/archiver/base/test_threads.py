"""Blocking work runs beside the loop, a few pieces at a time, and nothing waits for it at the end."""

import asyncio
import threading
from contextlib import suppress

import pytest

from services.archiver.base.threads import AT_ONCE, Threads
from tests.support.waiting import eventually


async def test_work_gives_its_result_or_its_error() -> None:
    """Just as a call would."""
    threads = Threads()
    assert await threads.run(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_only_so_much_work_runs_at_a_time_and_the_rest_waits_its_turn() -> None:
    """The machine has other things to do."""
    threads, may_end, begun = Threads(), threading.Event(), []

    def work() -> None:
        begun.append(1)
        assert may_end.wait(30)

    tasks = [asyncio.create_task(threads.run(work)) for _ in range(AT_ONCE + 2)]
    await eventually(lambda: len(begun) == AT_ONCE)
    assert await threads.drain(0.05) == AT_ONCE
    may_end.set()
    await asyncio.gather(*tasks)
    assert len(begun) == AT_ONCE + 2
    assert await threads.drain(0) == 0


async def test_a_result_is_handed_on_even_if_the_waiting_was_cancelled() -> None:
    """A stored file gets its row whoever gave up waiting; an error hands on nothing."""
    threads, may_end, results = Threads(), threading.Event(), list[int]()

    def work() -> int:
        assert may_end.wait(30)
        return 42

    task = asyncio.create_task(threads.run(work, results.append))
    await eventually(lambda: threads._running)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    may_end.set()
    assert await threads.drain(30) == 0
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0, results.append)
    assert results == [42]
