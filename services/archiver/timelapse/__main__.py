"""`python -m services.archiver.timelapse`: the rendering process. An order comes in, one file and its progress go out.

Started by the archiver, which reads its progress and ends it by killing its process group. Everything that costs time
or memory in a time-lapse happens here, at the lowest priority the system has, so that no capture waits for it.
"""

import os
import sys
import time
from contextlib import suppress
from typing import Final

from services.archiver.timelapse.encoders import encode
from services.archiver.timelapse.frame_reader import PicturesOf
from services.archiver.timelapse.render_job import Progress, RenderOrder
from shared.errors import FramecastError

NICEST: Final = 19
PROGRESS_SECONDS: Final = 0.25


def main() -> int:
    lower_priority()
    order = RenderOrder.decode(sys.stdin.buffer.read())
    progress = _Telling()
    pictures = PicturesOf(order, progress.tell)
    try:
        encode(iter(pictures), order)
    except (FramecastError, OSError) as error:
        _write(Progress(pictures.done, pictures.skipped, error=str(error)))
        return 1
    _write(Progress(pictures.done, pictures.skipped))
    return 0


def lower_priority() -> None:
    """Compute and read only when nobody else wants to. The idle class brings idle disk priority with it."""
    os.nice(NICEST)
    if sys.platform == "linux":
        with suppress(OSError):  # some sandboxes have no such class
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class _Telling:
    """Tells how far it is a few times a second. Should nobody listen any more, the process ends by that."""

    def __init__(self) -> None:
        self._due = 0.0

    def tell(self, done: int, skipped: int) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + PROGRESS_SECONDS
            _write(Progress(done, skipped))


def _write(progress: Progress) -> None:
    sys.stdout.buffer.write(progress.encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
