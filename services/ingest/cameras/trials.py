"""Tries of an address: a process each, forked like a camera's, that ends with its answer or at its deadline.

Requests come on threads of their own. The process itself is started on the supervisor's thread, which owns the
template; whoever asked then reads its answer and sees to its end.
"""

import json
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.ingest.cameras import addresses, texts
from services.ingest.cameras_file import in_file_keys
from services.ingest.settings import CameraSettings
from services.ingest.worker_launcher import ChildProcess, WorkerLauncher
from shared.control.messages import ControlRefusedError
from shared.logs import get_logger

MAX_AT_ONCE: Final = 2
LONGEST_SECONDS: Final = 25.0
"""However long the camera may take by its setting: whoever asks waits for 30 s at most."""
START_SECONDS: Final = 5.0
BUSY_SECONDS: Final = 3.0
MAX_TOLD_BYTES: Final = 400 * 1024
PROCESS_NAME: Final = "trial"
_OF_A_PICTURE: Final = ("picture", "width", "height", "fps", "codec", "reader", "transport", "notice")
_READ_BYTES: Final = 64 * 1024
log = get_logger(__name__)


class _Started(NamedTuple):
    child: ChildProcess
    instructions: int
    answers: int


class Trials:
    """`start_waiting` is for the supervisor's thread, `attempt` for any other. No process may read `private`."""

    def __init__(self, max_pixels: int, private: Callable[[], frozenset[Path]] = frozenset) -> None:
        self._max_pixels: Final = max_pixels
        self._private: Final = private
        self._room: Final = threading.Semaphore(MAX_AT_ONCE)
        self._waiting: queue.SimpleQueue[Future[_Started]] = queue.SimpleQueue()

    def start_waiting(self, launcher: WorkerLauncher) -> None:
        """Start the processes that somebody waits for. It never waits. Called several times a second."""
        while not self._waiting.empty() and launcher.is_ready():
            waiting = self._waiting.get_nowait()
            if not waiting.set_running_or_notify_cancel():
                continue
            try:
                waiting.set_result(_start(launcher))
            except OSError as error:
                waiting.set_exception(error)

    def attempt(self, settings: CameraSettings) -> dict[str, Any]:
        """What a try of the camera's address brought.

        Raises:
            ControlRefusedError: `busy`, two others are under way, or no process can be started now.
        """
        if not self._room.acquire(blocking=False):
            raise ControlRefusedError("busy", texts.TWO_TRIES, BUSY_SECONDS)
        try:
            began_at = time.monotonic()
            told = self._attempted(settings, began_at)
        finally:
            self._room.release()
        address = settings.address
        return {
            **dict.fromkeys(_OF_A_PICTURE),
            "field": None,
            "is_unclear": False,
            **told,
            "understood": [in_file_keys(words) for words in settings.understood],
            "address": None if address is None else addresses.shown(address.url),
            "seconds": round(time.monotonic() - began_at, 1),
        }

    def _attempted(self, settings: CameraSettings, began_at: float) -> dict[str, Any]:
        seconds = min(2 * settings.open_seconds + 2, LONGEST_SECONDS)
        started = self._started()
        try:
            told = _told(started, self._assignment(settings), began_at + seconds)
        finally:
            for descriptor in (started.instructions, started.answers):
                os.close(descriptor)
            started.child.kill()
            started.child.wait()
        return told or {"works": False, "reason": texts.no_picture(seconds)}

    def _started(self) -> _Started:
        waiting: Future[_Started] = Future()
        self._waiting.put(waiting)
        try:
            return waiting.result(START_SECONDS)
        except (OSError, TimeoutError):
            if not waiting.cancel() and waiting.exception() is None:  # it was started just now
                return waiting.result()
            raise ControlRefusedError("busy", texts.NO_PROCESS, BUSY_SECONDS) from None

    def _assignment(self, settings: CameraSettings) -> bytes:
        private = sorted(map(str, self._private()))
        assignment = {
            "is_trial": True,
            "camera": settings.revealed(),
            "max_pixels": self._max_pixels,
            "private": private,
        }
        return json.dumps(assignment).encode() + b"\n"


def _start(launcher: WorkerLauncher) -> _Started:
    its_input, instructions = os.pipe()
    try:
        answers, its_output = os.pipe()
    except OSError:
        os.close(its_input)
        os.close(instructions)
        raise
    try:
        return _Started(launcher.launch(PROCESS_NAME, its_input, its_output), instructions, answers)
    except OSError:
        os.close(instructions)
        os.close(answers)
        raise
    finally:
        os.close(its_input)
        os.close(its_output)


def _told(started: _Started, assignment: bytes, until: float) -> dict[str, Any] | None:
    """The last that the process told, by its end or by `until` (monotonic seconds); None where it told nothing."""
    with suppress(BrokenPipeError):
        os.write(started.instructions, assignment)
    data = bytearray()
    poll = select.poll()
    poll.register(started.answers, select.POLLIN)
    while (left := until - time.monotonic()) > 0 and len(data) <= MAX_TOLD_BYTES:
        if not poll.poll(left * 1000):
            break
        received = os.read(started.answers, _READ_BYTES)
        if not received:
            return _last_in(data) or {"works": False, "reason": texts.TRY_ENDED}
        data += received
    return _last_in(data)


def _last_in(data: bytearray) -> dict[str, Any] | None:
    lines = bytes(data).split(b"\n")[:-1]
    with suppress(ValueError, IndexError):
        told = json.loads(lines[-1])
        if isinstance(told, dict):
            return told
    return None
