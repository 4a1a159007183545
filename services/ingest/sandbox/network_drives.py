"""Where network drives are mounted, by the kernel's list. To look at one itself may take for ever while it is away."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Final

_MOUNTS: Final = Path("/proc/self/mountinfo")
_KINDS: Final = ("nfs", "cifs", "smb", "fuse", "autofs", "9p", "ceph", "afs", "gluster")
"""What the names of such file systems begin with. Some that use FUSE are on this computer."""
_ESCAPED: Final = re.compile(r"\\(\d{3})")


def network_drives() -> frozenset[str]:
    """The directories on which they are mounted."""
    with suppress(OSError):
        return frozenset(_mounted_in(_MOUNTS.read_text(errors="surrogateescape")))
    return frozenset()


def _mounted_in(text: str) -> list[str]:
    """Of a line such as `36 35 0:42 / /mnt/my\\040nas rw,noatime shared:1 - nfs4 nas:/frames rw`."""
    halves = (line.partition(" - ") for line in text.splitlines())
    places = (mount.split(" ")[4] for mount, _, kind in halves if kind.startswith(_KINDS))
    return [_ESCAPED.sub(lambda found: chr(int(found[1], 8)), place) for place in places]
