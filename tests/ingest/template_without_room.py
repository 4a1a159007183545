"""The template process on a system that has no room for another process."""

import errno
import itertools
import os

from services.ingest import template_main
from shared.lifecycle import run_service

FAILING = (1, 3)
"""The template's first, then that of the child that its second one made."""
fork, calls = os.fork, itertools.count(1)


def fork_with_little_room() -> int:
    if next(calls) in FAILING:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    return fork()


if __name__ == "__main__":
    os.fork = fork_with_little_room
    run_service(template_main.main)
