"""Viewers one by one: what they take, what they skip, and what they count."""

import asyncio

from services.stream.api.mjpeg import with_length
from services.stream.fanout.viewer import WaitingViewer


async def test_a_slow_viewer_with_a_task_of_its_own_skips_to_the_newest_part() -> None:
    """One part waits at the most, so nobody is ever shown the past."""
    changed = asyncio.Event()
    viewer = WaitingViewer(with_length, changed)
    viewer.offer(b"first", 1.0)
    viewer.offer(b"second", 2.0)
    assert changed.is_set()
    assert viewer.take_part() == b"second"
    assert viewer.take_part() is None
    assert (viewer.offered, viewer.taken) == (2, 1)
    viewer.close()
    assert viewer.closed
