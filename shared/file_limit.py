"""The limit on open files, which is a limit on connections: each one is an open file."""

import resource
from typing import Final

SPARE_FILES: Final = 100
"""For everything but connections to this service: the bus, the archive, requests for status."""


def raise_file_limit() -> int:
    """Raise the soft limit on open files to the hard one; the number of connections that it leaves room for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(1, hard - SPARE_FILES)
