"""Runs one render in a child process, and follows it from the loop. Owns the process and its end."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from services.archiver.base import timelapse_texts
from services.archiver.base.errors import DiskNotMountedError
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.timelapse.memory_share import MemoryShare
from services.archiver.timelapse.render_job import EXIT_DISK_AWAY, MemoryRequest, Progress, RenderJob, decode_report
from shared.errors import FramecastError

STALL_SECONDS: Final = 900.0
"""How long one step may take, on a slow machine that is busy with other work."""
KILLED_SECONDS: Final = 1.0
"""How long the end waits for the killed process. On a busy machine it waits for a turn even to die, since it has the
lowest priority; it computes no more, and the archiver's end must not wait for that."""
_LONGEST_LINE: Final = 1 << 20
_LAST_WORDS: Final = 300

OnProgress = Callable[[Progress], Awaitable[bool]]
"""Is called a few times a second; False ends the process."""


class RenderFailedError(FramecastError):
    """Raised when there will be no video; the message says why."""


class NoProcessError(FramecastError):
    """Raised when the machine starts no process, for whatever job. Report it and try again later."""


async def render(job: RenderJob, on_progress: OnProgress, memory: PictureMemory) -> Progress:
    """Run the job in a process of its own; its last progress. The video is `job.output`, not yet durable.

    The process decodes each picture when there is room for it in `memory`.
    Cancelling ends the process. On return its process group is killed, whatever happened, and usually gone.

    Raises:
        RenderFailedError: when it fails, stalls or was told to end.
        NoProcessError: when it can't be started.
        DiskNotMountedError: when the archive's disk went away meanwhile.
    """
    process, share = await _start(), MemoryShare(memory)
    try:
        return await _follow(process, job, on_progress, share)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(KILLED_SECONDS):
                await process.wait()
        share.close()


async def _start() -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.archiver.timelapse"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            start_new_session=True,  # so that ffmpeg ends with it, and Ctrl-C reaches the archiver alone
        )
    except OSError as error:
        raise NoProcessError(timelapse_texts.no_process(error.strerror)) from error


async def _follow(
    process: asyncio.subprocess.Process, job: RenderJob, on_progress: OnProgress, share: MemoryShare
) -> Progress:
    assert process.stdin is not None  # noqa: S101 piped
    assert process.stdout is not None  # noqa: S101 piped
    await _tell(process.stdin, job.encode())
    progress, last_words = Progress(0, 0), ""
    while line := await _line(process.stdout):
        try:
            report = decode_report(line)
        except (ValueError, TypeError):
            last_words = line.decode(errors="replace").strip() or last_words
            continue
        if isinstance(report, MemoryRequest):
            await share.hold(report.byte_count)
            await _tell(process.stdin, b"\n" if report.byte_count else b"")
            continue
        progress = report
        if not await on_progress(progress):
            raise RenderFailedError(timelapse_texts.CANCELLED)
    code = await process.wait()
    if code == EXIT_DISK_AWAY:
        raise DiskNotMountedError(progress.error or "")
    if code != 0:
        raise RenderFailedError(progress.error or timelapse_texts.encoder_ended(code, last_words[-_LAST_WORDS:]))
    return progress


async def _tell(stdin: asyncio.StreamWriter, words: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # its output says why it ended
        stdin.write(words)
        await stdin.drain()


async def _line(stdout: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(STALL_SECONDS):
            return await stdout.readline()
    except TimeoutError:
        raise RenderFailedError(timelapse_texts.encoder_stalled(STALL_SECONDS)) from None
    except ValueError:
        raise RenderFailedError(f"the encoder wrote a line of more than {_LONGEST_LINE} bytes") from None
