"""The loop's time stands still while the loop does."""

import asyncio
import time

import pytest

from shared.loop_clock import LONG_STALL_SECONDS, TICK_SECONDS, LoopClock

STALL_SECONDS = 1.0


async def running_clock() -> tuple[LoopClock, "asyncio.Task[None]"]:
    clock = LoopClock()
    running = asyncio.create_task(clock.run())
    await asyncio.sleep(0)
    return clock, running


def test_a_stall_of_the_loop_counts_for_a_tick_at_most() -> None:
    """Also right after it, before the loop has turned."""

    async def stall() -> None:
        clock, running = await running_clock()
        began = clock.seconds()
        time.sleep(STALL_SECONDS)  # noqa: ASYNC251 the stall
        assert clock.seconds() - began <= TICK_SECONDS
        await asyncio.sleep(0)
        assert clock.seconds() - began <= TICK_SECONDS + 0.1
        running.cancel()

    asyncio.run(stall())


def test_it_knows_how_long_ago_a_long_stall_ended() -> None:
    """What waited in the kernel meanwhile shows the past. Without a stall nothing does."""

    async def stall() -> None:
        clock, running = await running_clock()
        assert clock.awake_seconds() == float("inf")
        time.sleep(LONG_STALL_SECONDS + 2 * TICK_SECONDS)  # noqa: ASYNC251 the stall
        assert clock.awake_seconds() == 0.0
        await asyncio.sleep(TICK_SECONDS)
        assert 0.0 < clock.awake_seconds() < float("inf")
        running.cancel()

    asyncio.run(stall())


def test_while_the_loop_runs_it_keeps_the_time() -> None:
    """So what is really silent is told in time."""

    async def run() -> None:
        clock, running = await running_clock()
        began, by_the_wall = clock.seconds(), time.monotonic()
        await asyncio.sleep(3 * TICK_SECONDS)
        passed = time.monotonic() - by_the_wall
        assert passed / 2 < clock.seconds() - began <= passed + 0.01
        running.cancel()

    asyncio.run(run())


def test_work_that_ended_during_a_stall_is_not_late() -> None:
    """Its result waits to be read."""

    async def wait() -> str:
        clock, running = await running_clock()
        arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def arrival() -> str:
            return await arrived

        waiting = asyncio.create_task(clock.wait_for(arrival(), STALL_SECONDS / 2))
        await asyncio.sleep(0)
        time.sleep(STALL_SECONDS)  # noqa: ASYNC251 the stall
        asyncio.get_running_loop().call_later(0.05, arrived.set_result, "in time")
        found = await waiting
        running.cancel()
        return found

    assert asyncio.run(wait()) == "in time"


def test_work_that_takes_too_long_is_cancelled() -> None:
    async def wait() -> None:
        clock, running = await running_clock()
        work: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def never() -> None:
            await work

        with pytest.raises(TimeoutError):
            await clock.wait_for(never(), 0.05)
        await asyncio.sleep(0)
        assert work.cancelled()
        running.cancel()

    asyncio.run(wait())
