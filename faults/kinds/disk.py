"""The archive's disk: full, read-only, unmounted, or another one in its place. No viewer may notice."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from faults.audience import ARCHIVE_PAGES, NOBODY
from faults.fault import Fault
from faults.lab import Lab
from faults.stack import INTERVAL_SECONDS
from faults.window import Promise
from faults.words import DISK_AWAY, DISK_FULL, DISK_READ_ONLY
from tests.support.disks import Disk, made_ext4, run
from tests.support.waiting import wait_until

KIND: Final = "disk"
SLOT_SECONDS: Final = 2 * INTERVAL_SECONDS + 3.0
"""A full disk is met by the next picture, and told at the page's next look."""
RECOVERY_SECONDS: Final = 20.0
"""A picture must be written, or the disk looked at again, before the words go."""


def disk_of(lab: Lab) -> Disk:
    if lab.place.disk is None:
        raise AssertionError("this archive has no disk of its own")
    return lab.place.disk


@contextmanager
def full(lab: Lab) -> Iterator[None]:
    ballast = disk_of(lab).point / "ballast"
    with ballast.open("wb") as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(lab: Lab) -> Iterator[None]:
    """As the kernel makes it after an error."""
    _remount(lab, "ro")
    try:
        yield
    finally:
        _remount(lab, "rw")


@contextmanager
def unmounted(lab: Lab) -> Iterator[None]:
    """Unplugged: what is open on it stays open, all else finds an empty directory."""
    run("umount", "--lazy", str(disk_of(lab).point))
    try:
        yield
    finally:
        disk_of(lab).mount()


@contextmanager
def exchanged(lab: Lab) -> Iterator[None]:
    """Another, empty disk is mounted in its place."""
    other = lab.directory / "other.img"
    if not other.exists():
        made_ext4(other, size="16M")
    run("mount", "-o", "loop", str(other), str(disk_of(lab).point))
    try:
        yield
    finally:
        run("umount", "--lazy", str(disk_of(lab).point))


def _remount(lab: Lab, mode: str) -> None:
    """As soon as no file on it is being written."""
    command = ["mount", "-o", f"remount,{mode}", str(disk_of(lab).point)]
    wait_until(lambda: subprocess.run(command, check=False, capture_output=True).returncode == 0, f"it is {mode}")


def _fault(
    name: str, during: Callable[[Lab], AbstractContextManager[None]], reason: str, words: tuple[str, ...]
) -> Fault:
    reasons = frozenset({reason, "no fresh picture"})
    promise = Promise(RECOVERY_SECONDS, NOBODY, reasons, ARCHIVE_PAGES, words, told_seconds=SLOT_SECONDS)
    return Fault(name, KIND, during, promise, least_seconds=SLOT_SECONDS + 2)


FAULTS: Final = (
    _fault("the disk is full", full, "disk full", DISK_FULL),
    _fault("the disk is read-only", read_only, "storage unavailable", DISK_READ_ONLY),
    _fault("the disk is unmounted", unmounted, "the disk is not mounted", DISK_AWAY),
    _fault("another disk is in its place", exchanged, "the disk is not mounted", DISK_AWAY),
)
