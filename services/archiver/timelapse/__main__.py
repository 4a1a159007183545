"""`python -m services.archiver.timelapse`: the rendering process. A job comes in, one file and its progress go out.

The archiver starts it, reads its progress, and ends it by killing its process group. Everything that costs time or
memory in a time-lapse happens here, at the lowest priority that the system has, so that no capture waits for it.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.archiver.base.errors import DiskNotMountedError
from services.archiver.timelapse.encoders import encode
from services.archiver.timelapse.frame_reader import FrameReader
from services.archiver.timelapse.render_job import EXIT_DISK_AWAY, MemoryRequest, Progress, RenderJob
from shared.errors import FramecastError

NICEST: Final = 19
PROGRESS_SECONDS: Final = 0.25


def main() -> int:
    lower_priority()
    end_first_when_memory_is_short()
    job = RenderJob.decode(sys.stdin.buffer.readline())
    frames = FrameReader(job, _ProgressWriter().report, hold_memory)
    try:
        encode(iter(frames), job)
    except DiskNotMountedError as error:
        _write(Progress(frames.done, frames.skipped, error=str(error)))
        return EXIT_DISK_AWAY
    except (FramecastError, OSError) as error:
        _write(Progress(frames.done, frames.skipped, error=str(error)))
        return 1
    _write(Progress(frames.done, frames.skipped))
    return 0


def lower_priority() -> None:
    """Compute and read after all other processes. Not in the scheduler's idle class: on a busy machine that waits for
    minutes, and a capture may wait for the memory that is held here.
    """
    os.nice(NICEST)


def end_first_when_memory_is_short() -> None:
    """Let the kernel choose this process, and not the archiver: its time-lapse can be rendered again."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def hold_memory(byte_count: int) -> None:
    """Give back what is held, then wait for this much of the archiver's memory for pictures.

    Where the input has ended, nobody shares memory with this process. If the archiver has gone, the write fails.
    """
    _write(MemoryRequest(byte_count))
    if byte_count:
        sys.stdin.buffer.readline()


class _ProgressWriter:
    """Writes the progress a few times a second. If the archiver has gone, the write fails and ends the process."""

    def __init__(self) -> None:
        self._due = 0.0

    def report(self, done: int, skipped: int) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + PROGRESS_SECONDS
            _write(Progress(done, skipped))


def _write(report: Progress | MemoryRequest) -> None:
    sys.stdout.buffer.write(report.encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
