"""All cameras of this ingest: a process each, behind one bus address. Owns the forwarder, the processes and the reload.

It speaks on the bus for a camera only while the camera's own process does not.
"""

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.ingest.camera_state import CameraCondition
from services.ingest.camera_status import camera_status
from services.ingest.settings import CameraSettings
from services.ingest.worker import CameraWorker
from shared.bus.curve import ServerKeys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus, encode_status
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.logs import get_logger

TURN_SECONDS: Final = 0.25
STATUS_SECONDS: Final = 1.0
STOP_SECONDS: Final = 1.6
log = get_logger(__name__)


class Station:
    """`load` reads the cameras anew, whenever `has_changed` says so. One thread.

    Raises:
        ConfigurationError: from the start, when the bus can't be bound.
    """

    def __init__(  # noqa: PLR0913 what it serves, and where
        self,
        cameras: tuple[CameraSettings, ...],
        bus_address: str,
        load: Callable[[], tuple[CameraSettings, ...]],
        has_changed: Callable[[], bool],
        clock: Clock | None = None,
        *,
        keys: ServerKeys | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._load = load
        self._has_changed = has_changed
        self._directory = tempfile.TemporaryDirectory(prefix="framecast-")
        self._inner_address = f"ipc://{Path(self._directory.name) / 'bus'}"
        try:
            self._forwarder = BusProxy(bus_address, self._inner_address, keys)
        except ConfigurationError:
            self._directory.cleanup()
            raise
        self._publisher = Publisher(self._inner_address, is_inner=True)
        self._processes: dict[str, CameraWorker] = {}
        self._removed: dict[str, CameraStatus] = {}
        self._arrange(cameras)

    def run(self, stop: threading.Event) -> None:
        status_due_at = float("-inf")
        while not stop.is_set():
            now = self._clock.monotonic()
            if self._has_changed():
                self._reload()
            changed = sum(process.tend() for process in self._processes.values())
            if self._publisher.read_subscriptions() or changed or now >= status_due_at:
                self._speak()
                status_due_at = now + STATUS_SECONDS
            self._publisher.wait(TURN_SECONDS)

    def close(self) -> None:
        """End every process and the bus, within little more than `STOP_SECONDS`."""
        self._end(list(self._processes.values()))
        self._publisher.close()
        self._forwarder.close()
        self._directory.cleanup()

    def _reload(self) -> None:
        try:
            cameras = self._load()
        except ConfigurationError as error:
            log.error("cameras file not in force", reason=str(error))  # noqa: TRY400 the line says all
            self._tell((f"The changed cameras file is not in force. {error}",))
            return
        self._arrange(cameras)
        self._tell(())

    def _arrange(self, cameras: tuple[CameraSettings, ...]) -> None:
        """Make the processes those that `cameras` ask for, touching only what changed."""
        wanted = {camera.device_key: (camera, order) for order, camera in enumerate(cameras)}
        outdated = [
            process for key, process in self._processes.items() if key not in wanted or wanted[key][0] != process.camera
        ]
        self._end(outdated)
        for process in outdated:
            key = process.camera.device_key
            del self._processes[key]
            if key not in wanted:
                log.info("camera removed", camera=key)
                gone = CameraCondition(CameraState.REMOVED, self._clock.utc_ns())
                self._removed[key] = camera_status(process.camera, process.order + 1, gone)
        for key, (camera, order) in wanted.items():
            self._removed.pop(key, None)
            if key in self._processes:
                self._processes[key].order = order
            else:
                log.info("camera configured", camera=key, source=camera.source_kind)
                self._processes[key] = CameraWorker(camera, order, self._inner_address, self._clock)

    def _end(self, processes: list[CameraWorker]) -> None:
        deadline = self._clock.monotonic() + STOP_SECONDS
        for process in processes:
            process.begin_stop()
        for process in processes:
            process.finish_stop(deadline - self._clock.monotonic())

    def _tell(self, notices: tuple[str, ...]) -> None:
        for process in self._processes.values():
            process.tell(notices)

    def _speak(self) -> None:
        spoken_for = [status for process in self._processes.values() if (status := process.status()) is not None]
        for status in (*spoken_for, *self._removed.values()):
            self._publisher.send(encode_status(status))
