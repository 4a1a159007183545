"""The services of the lab: ingest, two replicas of stream, and the archiver, in a directory of the lab's own."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from faults.cameras import LabCamera
from faults.cameras_disk import CamerasDisk
from faults.service import Service
from faults.viewers.door import OPERATOR_TOKEN, VIEWER_TOKEN, Door
from tests.support.disks import run

INTERVAL_SECONDS: Final = 3
"""Seconds of a slot."""
KEEP: Final = "all:30d"
BUS_PORT: Final = 15555
CONTROL_PORT: Final = 15556
ARCHIVER_PORT: Final = 18002
OWNERS_DISK: Final = "size=256k,mode=0700"
REPLICA_PORTS: Final = (18001, 18011)
MORE_REPLICAS_FROM: Final = 18021


@dataclass(slots=True)
class Stack:
    """All services have fixed ports, since the lab's network is its own."""

    directory: Path
    place: Mapping[str, str]
    """The settings that say where the archive is."""
    happened: Callable[[str], None]
    services: dict[str, Service] = field(default_factory=dict)
    doors: list[Door] = field(default_factory=list)
    _ports: Iterator[int] = field(default_factory=lambda: itertools.count(MORE_REPLICAS_FROM, 10))

    @property
    def owner_dir(self) -> Path:
        return self.directory / "owner"

    @contextmanager
    def owners_disk(self) -> Iterator[None]:
        """A small disk for what the owner decides, within the block."""
        self.owner_dir.mkdir()
        run("mount", "-t", "tmpfs", "-o", OWNERS_DISK, "tmpfs", str(self.owner_dir))
        try:
            yield
        finally:
            run("umount", "--lazy", str(self.owner_dir))

    @property
    def cameras_disk(self) -> CamerasDisk:
        return CamerasDisk(self.directory / "config")

    def write_cameras(self, cameras: tuple[LabCamera, ...], third: LabCamera) -> None:
        file = self.cameras_disk.file
        tables = [camera.table(INTERVAL_SECONDS) for camera in cameras]
        lines = [f"{name} = {json.dumps(value)}" for name, value in third.settings().items()]
        file.write_text("\n".join(["# by hand 0", *tables, "[[camera]]", *lines, ""]))
        file.chmod(0o600)

    def add_services(self) -> None:
        self.add("ingest", "ingest")
        for number, port in enumerate(REPLICA_PORTS, 1):
            self.add_replica(f"stream-{number}", port)
        self.add("archiver", "archiver")

    def add(self, label: str, command: str, **settings: str) -> Service:
        service = Service(label, command, {**self._settings(), **settings}, self.directory, self.happened)
        self.services[label] = service
        return service

    def add_replica(self, label: str, port: int) -> Door:
        self.add(label, "stream", STREAM_PORT=str(port))
        door = Door(label, port)
        self.doors.append(door)
        return door

    def free_port(self) -> int:
        """One that no replica has had."""
        return next(self._ports)

    def start(self) -> None:
        for service in self.services.values():
            service.start()

    def stop(self) -> None:
        for service in self.services.values():
            service.end()
        for service in self.services.values():
            service.stop()

    def _settings(self) -> dict[str, str]:
        bus = f"tcp://127.0.0.1:{BUS_PORT}"
        return {
            "CAMERAS_FILE": str(self.cameras_disk.file),
            "BUS_BIND": bus,
            "BUS_CONNECT": bus,
            "BUS_CONTROL": f"tcp://127.0.0.1:{CONTROL_PORT}",
            "OWNER_DIR": str(self.owner_dir),
            "ARCHIVER_PORT": str(ARCHIVER_PORT),
            "ARCHIVER_URL": f"http://127.0.0.1:{ARCHIVER_PORT}",
            **self.place,
            "ARCHIVE_KEEP": KEEP,
            "ARCHIVE_WEBP_METHOD": "0",
            "TIMELAPSE_DIR": str(self.directory / "timelapses"),
            "VIEWER_TOKEN": VIEWER_TOKEN,
            "OPERATOR_TOKEN": OPERATOR_TOKEN,
            "TZ": "UTC",
        }
