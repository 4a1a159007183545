"""What the system allows a server: open files, of which each connection is one."""

import resource
from typing import Final

SPARE_FILES: Final = 100
"""For everything that is no viewer: the bus, the archive, requests for status."""


def raise_file_limit() -> int:
    """Raise the soft limit on open files to the hard one; how many connections that leaves room for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(1, hard - SPARE_FILES)
