"""What a camera puts on the bus, received from the other side of a real socket."""

import asyncio
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from services.ingest.camera.bus_publisher import BusPublisher
from services.ingest.camera.camera import Camera
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.camera.streams import CameraStreams
from services.ingest.decoding.pictures import BgrPicture
from services.ingest.sources import OneSource, SourceFacts
from shared.bus.frames import Frame, decode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus, decode_status
from shared.bus.topics import ALL_STATUSES, ViewersClaim, frame_topic
from shared.lifecycle import ServiceThread
from tests.support.bus import status_of
from tests.support.ports import free_port
from tests.support.receiver import Receiver
from tests.support.waiting import PATIENCE


class TickingSource:
    """A hundred frames a second, each brighter than the last."""

    def __init__(self) -> None:
        self._level = 0

    def open(self) -> None: ...

    def grab(self) -> bool:
        threading.Event().wait(0.01)
        self._level = (self._level + 1) % 256
        return True

    def retrieve(self) -> BgrPicture:
        return BgrPicture(np.full((48, 64, 3), self._level, np.uint8))

    def interrupt(self) -> None: ...

    def facts(self) -> SourceFacts:
        return SourceFacts()

    def close(self) -> None: ...


@pytest.fixture
def bus() -> Iterator[str]:
    """The address of a running ingest, put together as `worker_main.py` does it."""
    address = f"tcp://127.0.0.1:{free_port()}"
    camera = Camera("cam1", OneSource(TickingSource()), Renditions("cam1", RenderingOptions()))
    publisher = Publisher(address)

    def status(viewer_count: int) -> CameraStatus:
        return status_of("cam1", camera.observed.state, viewer_count=viewer_count)

    bus_publisher = BusPublisher(publisher, CameraStreams(camera), (32,), status)
    workers = [
        ServiceThread("bus-publisher", bus_publisher.run, pytest.fail),
        ServiceThread("camera", lambda stop: camera.run(stop, bus_publisher), pytest.fail),
    ]
    for worker in workers:
        worker.start()
    yield address
    for worker in reversed(workers):
        assert worker.stop(5)
    publisher.close()


async def next_status(subscriber: Receiver) -> CameraStatus:
    while not (parts := await subscriber.receive())[0].startswith(ALL_STATUSES):
        pass
    return decode_status(parts)


async def test_a_status_comes_at_once_and_every_second(bus: str) -> None:
    """A newcomer's subscription brings the first one at once; the others come every second."""
    subscriber = Receiver(bus)
    subscriber.subscribe(ALL_STATUSES)
    async with asyncio.timeout(0.9):
        assert (await next_status(subscriber)).camera == "cam1"
    async with asyncio.timeout(2.9 * PATIENCE):
        await next_status(subscriber)
        await next_status(subscriber)
    subscriber.close()


async def test_frames_come_while_subscribed_to_and_the_state_follows(bus: str) -> None:
    """Idle, live while there is a subscriber, idle again."""
    subscriber = Receiver(bus)
    subscriber.subscribe(ALL_STATUSES)
    async with asyncio.timeout(8 * PATIENCE):
        while (await next_status(subscriber)).state is not CameraState.IDLE:
            pass
        subscriber.subscribe(frame_topic("cam1", "main"))
        states: list[CameraState] = []
        frames: list[Frame] = []
        while len(frames) < 5:
            parts = await subscriber.receive()
            if parts[0].startswith(ALL_STATUSES):
                states.append(decode_status(parts).state)
            else:
                frames.append(decode_frame(parts))
        assert CameraState.LIVE in states
        sequences = [frame.sequence for frame in frames]  # the receiver skips some when it is slow
        assert sequences == sorted(set(sequences))
        assert (frames[0].width, frames[0].height, frames[0].live) == (64, 48, True)
        subscriber.unsubscribe(frame_topic("cam1", "main"))
        while (await next_status(subscriber)).state is not CameraState.IDLE:
            pass
    subscriber.close()


async def test_viewers_are_added_up_over_replicas_and_go_with_them(bus: str) -> None:
    """A replica that dies takes its claim along, because only its connection held it."""
    watching, other = Receiver(bus), Receiver(bus)
    watching.subscribe(ALL_STATUSES)
    watching.subscribe(ViewersClaim("cam1", "aaaa", 2).topic)
    other.subscribe(ViewersClaim("cam1", "bbbb", 3).topic)
    async with asyncio.timeout(8 * PATIENCE):
        while (await next_status(watching)).viewer_count != 5:
            pass
        other.close()
        while (await next_status(watching)).viewer_count != 2:
            pass
    watching.close()
