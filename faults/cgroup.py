"""A control group of the lab's own, for limits that a whole computer would have: memory, or processes.

Of version 1 or 2, whichever has the controller on this machine. Both charge a group with the memory that its processes
take while they are in it: what they had before stays with the group that they come from.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
_OLD: Final = {"memory": ("memory.limit_in_bytes", "-1"), "pids": ("pids.max", "max")}
_NEW: Final = {"memory": ("memory.max", "max"), "pids": ("pids.max", "max")}
"""The limit's file, and what it has where there is none."""


@dataclass(frozen=True, slots=True)
class Controller:
    """`mount` is the root of its groups. `unlimited` is what the file `limit` has without a limit."""

    name: str
    mount: Path
    limit: str
    unlimited: str


def controller_of(name: str, root: Path = ROOT) -> Controller | None:
    """The controller `memory` or `pids`; None where we can make no group of it."""
    if (root / name / "cgroup.procs").exists():
        return Controller(name, root / name, *_OLD[name])
    for mount in (root, root / "unified"):  # alone, or beside version 1
        if _hands_down(mount, name):
            return Controller(name, mount, *_NEW[name])
    return None


def missing(name: str) -> str | None:
    """Why there can be no group; None when there can."""
    return None if controller_of(name) else f"this machine has no control groups for '{name}' that the lab may use"


@contextmanager
def limited(name: str, pids: Collection[int], value: int) -> Iterator[None]:
    """The processes, and those that they start, are in a group with this limit within the block."""
    controller = controller_of(name)
    if controller is None:
        raise AssertionError(missing(name))
    homes = [home_of(Path(f"/proc/{pid}/cgroup"), controller) for pid in pids]
    group = controller.mount / f"framecast-faults-{time.time_ns()}"
    group.mkdir()
    try:
        for pid in pids:
            with suppress(OSError):  # it has ended
                (group / "cgroup.procs").write_text(str(pid))
        (group / controller.limit).write_text(str(value))
        yield
    finally:
        (group / controller.limit).write_text(controller.unlimited)
        for left in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (homes[0] / "cgroup.procs").write_text(left)
        group.rmdir()


def home_of(cgroups: Path, controller: Controller) -> Path:
    """The group that a process is in, by its file `/proc/…/cgroup`; the root of all groups where that tells none."""
    with suppress(OSError):
        for line in cgroups.read_text().splitlines():
            _, names, path = line.split(":", 2)
            is_its = controller.name in names.split(",") if controller.mount.name == controller.name else not names
            if is_its and (controller.mount / path.lstrip("/")).is_dir():
                return controller.mount / path.lstrip("/")
    return controller.mount


def _hands_down(mount: Path, name: str) -> bool:
    """Whether groups in a tree of version 2 get the controller. It is asked for where it is there and was not yet."""
    with suppress(OSError):
        if name not in (mount / "cgroup.controllers").read_text().split():
            return False
        given = mount / "cgroup.subtree_control"
        if name not in given.read_text().split():
            given.write_text(f"+{name}")
        return True
    return False
