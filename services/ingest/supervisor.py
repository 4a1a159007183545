"""All cameras of this ingest: a worker process each, behind one bus address. Owns the bus proxy, the workers and the
reload of the cameras' settings.

It publishes a camera's status only while the camera's own process does not, and every second which cameras there are.
"""

import secrets
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from services.ingest.camera.state import ObservedState
from services.ingest.camera_status import camera_status
from services.ingest.forking_launcher import worker_launcher
from services.ingest.settings import CameraSettings
from services.ingest.worker import CameraWorker
from services.ingest.worker_launcher import WorkerLauncher
from shared.bus.curve import ServerKeys
from shared.bus.ingest_report import AccessMark, ArchiveRules, IngestReport, encode_report
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus, encode_status
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

TURN_SECONDS: Final = 0.25
STATUS_SECONDS: Final = 1.0
STOP_SECONDS: Final = 1.6
FOREIGN_MESSAGES: Final = (
    "Something sent pictures or statuses in the name of a camera whose process it is not. They were dropped. A camera "
    "may have broken into its process: look for the process in the log of ingest, update Framecast, and restart it."
)
log = get_logger(__name__)


class CameraList(Protocol):
    """Says which cameras there are. Used by the supervisor's thread only."""

    def read(self) -> tuple[CameraSettings, ...]:
        """The cameras; the first one is the default.

        Raises:
            ConfigurationError: when the list can't be used.
        """

    def has_changed(self) -> bool:
        """Whether the list changed since the last call. Asked several times a second."""

    @property
    def archive_rules(self) -> ArchiveRules | None:
        """What a file says to the archiver of each camera that was read; None where there is no file."""

    @property
    def private_paths(self) -> frozenset[Path]:
        """The list itself and the files with passwords that it names, as they were read last."""


class OneCamera:
    """The camera from the environment, which never changes."""

    archive_rules = None

    def __init__(self, camera: CameraSettings) -> None:
        self.camera: Final = camera

    def read(self) -> tuple[CameraSettings, ...]:
        return (self.camera,)

    def has_changed(self) -> bool:
        return False

    @property
    def private_paths(self) -> frozenset[Path]:
        return frozenset()


class AccessOwner(Protocol):
    """What the owner decides on access (`access/`), as far as it is told by this service's one publisher."""

    @property
    def mark(self) -> AccessMark: ...

    @property
    def notice(self) -> str | None: ...

    def publish_with(self, publish: Callable[[Sequence[bytes]], None]) -> None: ...

    def answer(self, topics: frozenset[bytes]) -> None: ...


class WaitingTrials(Protocol):
    """Tries of addresses (`cameras/trials.py`), whose processes are started on this service's thread."""

    def start_waiting(self, launcher: WorkerLauncher) -> None: ...


class Supervisor:
    """Starts, checks and stops the workers. One thread. No camera's process may read `private`, nor what the list of
    cameras keeps to itself.

    Raises:
        ConfigurationError: from the constructor, when the cameras can't be read or the bus can't be bound.
    """

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        cameras: CameraList,
        bus_address: str,
        clock: Clock | None = None,
        *,
        keys: ServerKeys | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        launcher: WorkerLauncher | None = None,
        owner: AccessOwner | None = None,
        trials: WaitingTrials | None = None,
        private: frozenset[Path] = frozenset(),
    ) -> None:
        self._clock = clock or Clock()
        self._cameras = cameras
        self._max_pixels = max_pixels
        self._private = private
        configured = cameras.read()
        self._directory = tempfile.TemporaryDirectory(prefix="framecast-")
        self._inner_address = f"ipc://{Path(self._directory.name) / 'bus'}"
        try:
            self._forwarder = BusProxy(bus_address, self._inner_address, keys)
        except ConfigurationError:
            self._directory.cleanup()
            raise
        self._publisher = Publisher(self._inner_address, is_inner=True)
        self._launcher = launcher or worker_launcher(self._clock)
        self._workers: dict[str, CameraWorker] = {}
        self._removed: dict[str, CameraStatus] = {}
        self._id: Final = secrets.token_hex(8)
        self._notices: tuple[str, ...] = ()
        self._has_dropped = False
        self._owner = owner
        self._owners_notice: str | None = None
        self._trials = trials
        if owner is not None:
            owner.publish_with(self._publisher.send)
        self._configure(configured)

    @property
    def camera_count(self) -> int:
        return len(self._workers)

    def run(self, stop: threading.Event) -> None:
        """Keep the workers running until `stop` is set."""
        status_due_at = float("-inf")
        while not stop.is_set():
            now = self._clock.monotonic()
            if self._cameras.has_changed():
                self._reload()
            if self._forwarder.dropped and not self._has_dropped:
                self._has_dropped = True
                self._set_notices(self._notices)
            self._launcher.is_ready()
            if self._trials is not None:
                self._trials.start_waiting(self._launcher)
            changed = sum(worker.check() for worker in self._workers.values())
            if self._publisher.read_subscriptions() or changed or now >= status_due_at:
                self._publish_statuses()
                status_due_at = now + STATUS_SECONDS
            if self._owner is not None:
                self._serve_access(self._owner)
            self._publisher.wait(TURN_SECONDS)

    def close(self) -> None:
        """End every worker and the bus, within little more than `STOP_SECONDS`."""
        self._stop(list(self._workers.values()))
        self._launcher.close()
        self._publisher.close()
        self._forwarder.close()
        self._directory.cleanup()

    def _serve_access(self, owner: AccessOwner) -> None:
        owner.answer(self._publisher.topics)
        if owner.notice != self._owners_notice:
            self._owners_notice = owner.notice
            self._set_notices(self._notices)

    def _reload(self) -> None:
        try:
            cameras = self._cameras.read()
        except ConfigurationError as error:
            log.error("cameras file not in force", reason=str(error))  # noqa: TRY400 the line says all
            self._set_notices((f"The changed cameras file is not in force. {error}",))
            return
        self._configure(cameras)
        self._set_notices(())

    def _configure(self, cameras: tuple[CameraSettings, ...]) -> None:
        """Have a worker for each of `cameras`, and touch only those whose settings changed."""
        wanted = {camera.device_key: (camera, order) for order, camera in enumerate(cameras)}
        outdated = [
            worker for key, worker in self._workers.items() if key not in wanted or wanted[key][0] != worker.camera
        ]
        self._stop(outdated)
        for worker in outdated:
            key = worker.camera.device_key
            del self._workers[key]
            if key not in wanted:
                log.info("camera removed", camera=key)
                removed = ObservedState(CameraState.REMOVED, self._clock.utc_ns())
                self._removed[key] = camera_status(worker.camera, worker.order + 1, removed)
        for key, (camera, order) in wanted.items():
            self._removed.pop(key, None)
            if key in self._workers:
                self._workers[key].order = order
            else:
                log.info("camera configured", camera=key, source=camera.source_kind)
                for notice in camera.understood:
                    log.warning("camera's address", camera=key, notice=notice)
                self._workers[key] = CameraWorker(
                    camera,
                    order,
                    self._inner_address,
                    rights=self._forwarder.rights,
                    launcher=self._launcher,
                    clock=self._clock,
                    max_pixels=self._max_pixels,
                    private=self._private_paths,
                )

    def _private_paths(self) -> frozenset[Path]:
        return self._private | self._cameras.private_paths

    def _stop(self, workers: list[CameraWorker]) -> None:
        deadline = self._clock.monotonic() + STOP_SECONDS
        for worker in workers:
            worker.begin_stop()
        for worker in workers:
            worker.finish_stop(deadline - self._clock.monotonic())

    def _set_notices(self, notices: tuple[str, ...]) -> None:
        """Have all cameras carry these, and what the bus and the owner's state have to tell."""
        self._notices = notices
        if self._has_dropped:
            notices = (*notices, FOREIGN_MESSAGES)
        if self._owners_notice is not None:
            notices = (*notices, self._owners_notice)
        for worker in self._workers.values():
            worker.set_notices(notices)

    def _publish_statuses(self) -> None:
        of_workers = [status for worker in self._workers.values() if (status := worker.status()) is not None]
        for status in (*of_workers, *self._removed.values()):
            self._publisher.send(encode_status(status))
        access = None if self._owner is None else self._owner.mark
        rules = None if self._owner is None else self._cameras.archive_rules
        archive = None if rules is None else dict(rules)
        report = IngestReport(ingest=self._id, cameras=tuple(self._workers), access=access, archive=archive)
        self._publisher.send(encode_report(report))
