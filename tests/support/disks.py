"""Disks for the time of a `with` block: files with a file system in them, mounted through loop devices. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import wait_until


def missing_disk_parts() -> str | None:
    """Why no disk can be made here; None when one can."""
    if os.geteuid() != 0:
        return "mounting a file system needs root"
    if shutil.which("mkfs.ext4") is None:
        return "mkfs.ext4 is not installed: apt-get install e2fsprogs"
    return None if Path("/dev/loop-control").exists() else "this machine has no loop devices"


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk with ext4, and the directory that it belongs at."""

    image: Path
    point: Path

    def mount(self, image: Path | None = None) -> None:
        """Mount it, or another one in its place."""
        run("mount", "-o", "loop", str(image or self.image), str(self.point))

    def unmount(self) -> None:
        """As soon as no file on it is open: mounted twice at a time it would be damaged."""
        wait_until(lambda: subprocess.run(["umount", str(self.point)], check=False).returncode == 0, "it is unmounted")

    def is_mounted(self) -> bool:
        return self.point.is_mount()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Not mounted within the block."""
        self.unmount()
        try:
            yield
        finally:
            self.mount()


@contextmanager
def ext4(directory: Path, *options: str, size: str = "64M") -> Iterator[Disk]:
    """A mounted one. `options` are those of mkfs."""
    disk = Disk(made_ext4(directory / "disk.img", *options, size=size), directory / "disk")
    disk.point.mkdir()
    disk.mount()
    try:
        yield disk
    finally:
        while disk.is_mounted():
            disk.unmount()


def made_ext4(image: Path, *options: str, size: str = "64M") -> Path:
    run("truncate", "-s", size, str(image))
    run("mkfs.ext4", "-q", "-F", "-E", "root_owner=0:0", *options, str(image))
    return image


@contextmanager
def small(point: Path, size: str) -> Iterator[Path]:
    """The mount point of a file system of that size, in memory."""
    point.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(point))
    try:
        yield point
    finally:
        run("umount", "--lazy", str(point))


def fill(point: Path) -> Path:
    """Write until the disk takes no more; the file."""
    filler = point / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


@contextmanager
def exfat(directory: Path) -> Iterator[Path]:
    """The mount point of one, by FUSE."""
    image, point = directory / "exfat.img", directory / "exfat"
    run("truncate", "-s", "64M", str(image))
    run("mkfs.exfat", str(image))
    point.mkdir()
    device = run("losetup", "--find", "--show", str(image))
    try:
        run("mount.exfat-fuse", device, str(point))
        yield point
    finally:
        run("umount", "--lazy", str(point))
        run("losetup", "--detach", device)


def run(*command: str) -> str:
    """The command's output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout.strip()
