"""The small disk of the cameras file, which can be full or read-only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.disks import fill, run, small
from tests.support.waiting import wait_until

SIZE: Final = "256k"


@dataclass(frozen=True, slots=True)
class CamerasDisk:
    point: Path

    @property
    def file(self) -> Path:
        return self.point / "cameras.toml"

    @contextmanager
    def mounted(self) -> Iterator[None]:
        with small(self.point, SIZE):
            yield

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = fill(self.point)
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """As soon as no file on it is being written."""
        command = ["mount", "-o", "remount,ro", str(self.point)]
        wait_until(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0, "it is read-only")
        try:
            yield
        finally:
            run("mount", "-o", "remount,rw", str(self.point))
