"""Which file system a path is on, and which disks of /etc/fstab are not mounted. Elsewhere than on Linux nothing is.

The kernel's list is `/proc/self/mountinfo`, as this process sees it: a container has its own.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.archiver.files.durable import is_there

MOUNTINFO: Final = Path("/proc/self/mountinfo")
FSTAB: Final = Path("/etc/fstab")
_ESCAPE: Final = re.compile(r"\\([0-7]{3})")
_FSTAB_FIELDS: Final = 3
_NO_MOUNT_YET: Final = "autofs"
"""The type of a mount point that waits for its first access."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system. `root` is the directory within it that is seen at `point`."""

    number: int
    root: str
    point: str
    kind: str
    """Such as `ext4`, `nfs4` or `fuse.sshfs`."""
    source: str


def mounts() -> list[Mount]:
    """All of this process; empty where the system has no such list."""
    try:
        lines = MOUNTINFO.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    return [mount for line in lines if (mount := _parse(line)) is not None]


def mount_of(path: Path) -> Mount | None:
    """The file system of the path, or of the nearest directory above it that is there; None where it isn't known."""
    try:
        descriptor = os.open(nearest(path), os.O_PATH)
    except OSError:
        return None
    try:
        facts = Path(f"/proc/self/fdinfo/{descriptor}").read_text().split()
        number = int(facts[facts.index("mnt_id:") + 1])
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)
    return next((mount for mount in mounts() if mount.number == number), None)


def missing_mount_point(path: Path) -> str | None:
    """The mount point in /etc/fstab, at or above the path, where nothing is mounted; None when there is none.

    Where something is mounted further down, the path is on that disk, and nothing is missing.
    """
    place = Path(os.path.realpath(path))
    named = [point for point in _fstab_points() if point == place or point in place.parents]
    if not named:
        return None
    mounted = {Path(mount.point) for mount in mounts() if mount.kind != _NO_MOUNT_YET}
    deepest = max((point for point in mounted if point == place or point in place.parents), key=_depth, default=None)
    missing = [
        point for point in named if point not in mounted and (deepest is None or _depth(point) > _depth(deepest))
    ]
    return str(max(missing, key=_depth)) if missing else None


def nearest(path: Path) -> Path:
    """The path itself if it is there, else the nearest directory above it that is."""
    while not is_there(path) and path != path.parent:
        path = path.parent
    return path


def _fstab_points() -> list[Path]:
    lines: list[str] = []
    with suppress(OSError):
        lines = FSTAB.read_text(errors="surrogateescape").splitlines()
    fields = [line.split() for line in lines if not line.lstrip().startswith("#")]
    named = [each[1] for each in fields if len(each) >= _FSTAB_FIELDS and each[2] != "swap"]
    points = (Path(os.path.realpath(_unescaped(name))) for name in named if name.startswith("/"))
    return [point for point in points if point != Path("/")]


def _depth(point: Path) -> int:
    return len(point.parts)


def _parse(line: str) -> Mount | None:
    before, found, after = line.partition(" - ")
    try:
        number, _, _, root, point, *_ = before.split(" ")
        kind, source, *_ = after.split(" ")
        return Mount(int(number), _unescaped(root), _unescaped(point), kind, _unescaped(source)) if found else None
    except ValueError:
        return None


def _unescaped(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)
