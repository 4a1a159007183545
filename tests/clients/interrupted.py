"""A moving stream that goes through what a program meets on its second day.

The camera goes off and comes back, stream restarts, and the password changes. The port stays the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from tests.clients.moving import LEVELS, MOVING, MovingCamera, MovingStream
from tests.support.bus import fake_ingest
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

PASSWORD: Final = "the-first-one"  # noqa: S105 the tests' own
CHANGED_PASSWORD: Final = "another-one-now"  # noqa: S105 the tests' own


class InterruptedStream:
    """The stream at `address`. A restart ends the replica before it starts the next."""

    def __init__(self, bus: str, camera: MovingCamera, replicas: ExitStack) -> None:
        self.address = MovingStream(free_port())
        self._camera = camera
        self._bus = bus
        self._replicas = replicas
        self._start(PASSWORD)

    def _start(self, password: str) -> None:
        settings = {"viewer_password": password}
        self._replica = self._replicas.enter_context(
            running_replica(self._bus, port=self.address.port, settings=settings)
        )
        wait_until(self._replica.hub.cameras.in_order, "the camera is known")

    def restart(self, password: str = PASSWORD) -> None:
        self._replicas.close()
        self._start(password)

    def lose_camera(self) -> None:
        self._camera.turn_off()
        wait_until(lambda: not self._is_streaming(), "stream knows that the camera is off")

    def find_camera(self) -> None:
        self._camera.turn_on()
        wait_until(self._is_streaming, "stream knows that the camera is back")

    def _is_streaming(self) -> bool:
        hub = self._replica.hub
        return all(camera.is_streaming(hub.loop_seconds) for camera in hub.cameras.in_order())


@contextmanager
def interrupted_stream(levels: Sequence[int] = LEVELS) -> Iterator[InterruptedStream]:
    """A stream with a password, of a camera called cam1 that shows these grays in turn."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, MOVING) as ingest, MovingCamera(ingest, levels) as camera, ExitStack() as replicas:
        yield InterruptedStream(bus, camera, replicas)
