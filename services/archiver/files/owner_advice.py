"""Why a file or directory may not be read or written, and the command that mends it."""

import os
import shlex
from pathlib import Path

from services.archiver.base import disk_texts
from services.archiver.files.mounts import mount_of, nearest

_IN_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
_FEWEST_PARTS = 3
"""Of a host's path that is named in a command: `/` and two names. A shorter one may be a whole disk."""


def advice_for(path: Path, *, is_write: bool) -> str:
    """A clause behind "Permission denied": whose the obstacle is, and what to type. Empty when that can't be told."""
    try:
        obstacle = _obstacle(path.absolute(), is_write=is_write)
        facts = obstacle.stat()
    except OSError:
        return ""
    user, group = os.geteuid(), os.getegid()
    if facts.st_uid == user:
        return disk_texts.not_permitted(obstacle, f"chmod -R u+rwX {shlex.quote(str(obstacle))}")
    place = on_the_host(obstacle)
    command = f"sudo chown -R {user}:{group} {shlex.quote(place)}"
    return disk_texts.belongs_to_another(obstacle, facts.st_uid, user, command, is_host=place != str(obstacle))


def advice_to_make(directory: Path) -> str:
    """The same, for a directory that can't be made in one that belongs to others, such as /srv, which stays theirs."""
    directory = directory.absolute()
    above = nearest(directory)
    if on_the_host(above) != str(above):
        return advice_for(directory, is_write=True)
    return disk_texts.make_directory(
        above, f"sudo install -d -o {os.geteuid()} -g {os.getegid()} {shlex.quote(str(directory))}"
    )


def on_the_host(path: Path) -> str:
    """The path to name in a command. In a container it is the top of what was mounted there, as the host has it.

    The kernel tells the directory within its disk. On the disk of the host's own system that is its path.
    """
    mount = mount_of(path) if any(file.exists() for file in _IN_A_CONTAINER) else None
    if mount is None or mount.point == "/" or len(Path(mount.root).parts) < _FEWEST_PARTS:
        return str(path)
    return mount.root


def _obstacle(path: Path, *, is_write: bool) -> Path:
    """The first directory on the way that may not be passed, or else the last thing on the way that is there."""
    way = [*reversed(path.parents), path]
    last = way[0]
    for place in way:
        try:
            place.stat()
        except PermissionError:
            return last
        except OSError:
            break
        last = place
    if is_write and not last.is_dir():
        return last.parent
    return last
