"""Searches for cameras: one at a time, in a process of its own (services/ingest/discovery) that ends with its answer.

Nothing of what it does is loaded here.
"""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final, cast

from services.ingest.cameras import texts
from services.ingest.cameras.arguments import WantedCameras
from services.ingest.cameras.told_by_process import devices_and_end
from services.ingest.worker_launcher import inherited_environment
from shared.control.messages import ControlRefusedError
from shared.logs import get_logger

MODULE: Final = "services.ingest.discovery"
SEARCH_SECONDS: Final = 22.0
LONGEST_SECONDS: Final = 27.0
"""From its start to its end: whoever asks waits for 30 s at most."""
BUSY_SECONDS: Final = 5.0
MAX_TOLD_BYTES: Final = 384 * 1024
_READ_BYTES: Final = 64 * 1024
log = get_logger(__name__)


class Discovery:
    """Any thread, one search at a time. Its process may read nothing `private`."""

    def __init__(self, private: Callable[[], frozenset[Path]] = frozenset) -> None:
        self._private: Final = private
        self._turn: Final = threading.Lock()

    def discover(self, wanted: WantedCameras) -> dict[str, Any]:
        """What was found.

        Raises:
            ControlRefusedError: `busy`, another search is under way or no process can be started; `malformed`, the
                place can't be asked.
        """
        if not self._turn.acquire(blocking=False):
            raise ControlRefusedError("busy", texts.ONE_SEARCH, BUSY_SECONDS)
        try:
            return answer_of(self._searched(wanted), wanted.host or "multicast")
        finally:
            self._turn.release()

    def _searched(self, wanted: WantedCameras) -> bytes:
        request = {
            "host": wanted.host or "",
            "username": wanted.username or "",
            "password": wanted.password or "",
            "seconds": SEARCH_SECONDS,
            "private": sorted(map(str, self._private())),
        }
        until = time.monotonic() + LONGEST_SECONDS
        try:
            process = subprocess.Popen(  # noqa: S603 our own module
                [sys.executable, "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=inherited_environment(os.environ),
                process_group=0,
            )
        except OSError:
            raise ControlRefusedError("busy", texts.NO_PROCESS, BUSY_SECONDS) from None
        with process:
            try:
                return _told(process, json.dumps(request).encode() + b"\n", until)
            finally:
                process.kill()


def _told(process: subprocess.Popen[bytes], request: bytes, until: float) -> bytes:
    """What the process tells by its end, or by `until` (monotonic seconds)."""
    instructions, output = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout).fileno()
    with suppress(BrokenPipeError):
        instructions.write(request)
        instructions.flush()
    data = bytearray()
    poll = select.poll()
    poll.register(output, select.POLLIN)
    while (left := until - time.monotonic()) > 0 and len(data) <= MAX_TOLD_BYTES and poll.poll(left * 1000):
        received = os.read(output, _READ_BYTES)
        if not received:
            break
        data += received
    return bytes(data[:MAX_TOLD_BYTES])


def answer_of(told: bytes, asked: str) -> dict[str, Any]:
    """As one answer. Where the process did not come to its end, what it told until then."""
    unfinished = {"asked": asked, "notices": [texts.SEARCH_ENDED], "is_complete": False, "seconds": LONGEST_SECONDS}
    devices, end = devices_and_end(told)
    if end is None:
        log.warning("search for cameras did not come to its end", found=len(devices))
    return {**(end or unfinished), "devices": devices}
