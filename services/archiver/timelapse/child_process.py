"""One render: a child process that computes, watched from the loop. Owns the process, its end and nothing else."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from services.archiver.timelapse.render_job import Progress, RenderOrder
from shared.errors import FramecastError

STALL_SECONDS: Final = 900.0
"""So long may one step take, on a slow machine that has better things to do."""
_LONGEST_LINE: Final = 1 << 20
_LAST_WORDS: Final = 300


class RenderFailedError(FramecastError):
    """Raised when there will be no video, in words."""


class NoProcessError(FramecastError):
    """Raised when the machine gives no process, whatever it should render. Show it, try again later."""


async def render(order: RenderOrder, tell: Callable[[Progress], Awaitable[bool]]) -> Progress:
    """Run the order in a process of its own; what came of it. The file is `order.output`, durable only when published.

    `tell` gets the progress a few times a second; if it answers False, the process is ended. Cancelling ends it too.

    Raises:
        RenderFailedError: when it fails, stalls or was told to end.
        NoProcessError: when it can't even begin.
    """
    process = await _start()
    try:
        return await _follow(process, order, tell)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _start() -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.archiver.timelapse"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            start_new_session=True,  # so that ffmpeg goes with it, and Ctrl-C is the archiver's to handle
        )
    except OSError as error:
        raise NoProcessError(f"No process can be started for them: {error.strerror}.") from error


async def _follow(
    process: asyncio.subprocess.Process, order: RenderOrder, tell: Callable[[Progress], Awaitable[bool]]
) -> Progress:
    assert process.stdin is not None  # noqa: S101 piped
    assert process.stdout is not None  # noqa: S101 piped
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(order.encode())
        await process.stdin.drain()
        process.stdin.close()
    progress, last_words = Progress(0, 0), ""
    while line := await _line(process.stdout):
        try:
            progress = Progress.decode(line)
        except (ValueError, TypeError):
            last_words = line.decode(errors="replace").strip() or last_words
            continue
        if not await tell(progress):
            raise RenderFailedError("it was cancelled")
    code = await process.wait()
    if code != 0:
        raise RenderFailedError(progress.error or f"the encoder ended with code {code}: {last_words[-_LAST_WORDS:]}")
    return progress


async def _line(stdout: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(STALL_SECONDS):
            return await stdout.readline()
    except TimeoutError:
        raise RenderFailedError(f"the encoder did nothing for {STALL_SECONDS:.0f} s") from None
    except ValueError:
        raise RenderFailedError(f"the encoder wrote a line of more than {_LONGEST_LINE} bytes") from None
