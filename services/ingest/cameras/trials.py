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
from typing import Any, Final

from services.ingest.cameras import addresses, texts
from services.ingest.cameras.told_by_process import last_told
from services.ingest.settings import CameraSettings
from services.ingest.worker_launcher import PipedProcess, WorkerLauncher, launch_with_pipes
from shared.control.messages import MAX_ANSWER_BYTES, ControlRefusedError
from shared.logs import get_logger

MAX_AT_ONCE: Final = 2
LONGEST_SECONDS: Final = 25.0
"""However long the camera may take by its setting: whoever asks waits for 30 s at most."""
START_SECONDS: Final = 5.0
BUSY_SECONDS: Final = 3.0
PACKING_SECONDS: Final = 5.0
"""Of the time for a recording, left to hide what is private in it, and to pack it."""
MAX_TOLD_BYTES: Final = MAX_ANSWER_BYTES
PROCESS_NAME: Final = "trial"
_OF_A_PICTURE: Final = ("picture", "width", "height", "fps", "codec", "reader", "transport", "notice")
_READ_BYTES: Final = 64 * 1024
log = get_logger(__name__)


class Trials:
    """`start_waiting` is for the supervisor's thread, `attempt` for any other. No process may read `private`."""

    def __init__(self, max_pixels: int, private: Callable[[], frozenset[Path]] = frozenset) -> None:
        self._max_pixels: Final = max_pixels
        self._private: Final = private
        self._room: Final = threading.Semaphore(MAX_AT_ONCE)
        self._waiting: queue.SimpleQueue[Future[PipedProcess]] = queue.SimpleQueue()

    def start_waiting(self, launcher: WorkerLauncher) -> None:
        """Start the processes that somebody waits for. It never waits. Called several times a second."""
        while not self._waiting.empty() and launcher.is_ready():
            waiting = self._waiting.get_nowait()
            if not waiting.set_running_or_notify_cancel():
                continue
            try:
                waiting.set_result(launch_with_pipes(launcher, PROCESS_NAME))
            except OSError as error:
                waiting.set_exception(error)

    def attempt(self, settings: CameraSettings) -> dict[str, Any]:
        """What a try of the camera's address brought.

        Raises:
            ControlRefusedError: `busy`, two others are under way, or no process can be started now.
        """
        began_at = time.monotonic()
        seconds = min(2 * settings.open_seconds + 2, LONGEST_SECONDS)
        told = self._tried(settings, began_at + seconds) or {"works": False, "reason": texts.no_picture(seconds)}
        address = settings.address
        return {
            **dict.fromkeys(_OF_A_PICTURE),
            "field": None,
            "is_unclear": False,
            **told,
            "address": None if address is None else addresses.shown(address.url),
            "seconds": round(time.monotonic() - began_at, 1),
        }

    def record(self, settings: CameraSettings) -> str:
        """The exchange with the camera, as a file in base64. What is private in it is masked, but for its pictures.

        Raises:
            ControlRefusedError: as `attempt` does; or nothing came of it. `not_here`: with this camera nothing is
                exchanged.
        """
        if settings.source_kind not in ("rtsp", "http"):
            raise ControlRefusedError("not_here", texts.NOTHING_EXCHANGED)
        until = time.monotonic() + LONGEST_SECONDS
        told = self._tried(settings, until, until - PACKING_SECONDS) or {}
        recording = told.get("recording")
        if not isinstance(recording, str):
            raise ControlRefusedError("busy", texts.NOT_RECORDED, BUSY_SECONDS)
        return recording

    def _tried(
        self, settings: CameraSettings, until: float, records_until: float | None = None
    ) -> dict[str, Any] | None:
        """The last that a process told which tried the camera, by `until`, or recorded the exchange with it (both are
        monotonic seconds).
        """
        if not self._room.acquire(blocking=False):
            raise ControlRefusedError("busy", texts.TWO_TRIES, BUSY_SECONDS)
        try:
            started = self._started()
            try:
                return _told(started, self._assignment(settings, records_until), until)
            finally:
                for descriptor in (started.instructions, started.answers):
                    os.close(descriptor)
                started.child.kill()
                started.child.wait()
        finally:
            self._room.release()

    def _started(self) -> PipedProcess:
        waiting: Future[PipedProcess] = Future()
        self._waiting.put(waiting)
        try:
            return waiting.result(START_SECONDS)
        except (OSError, TimeoutError):
            if not waiting.cancel() and waiting.exception() is None:  # it was started just now
                return waiting.result()
            raise ControlRefusedError("busy", texts.NO_PROCESS, BUSY_SECONDS) from None

    def _assignment(self, settings: CameraSettings, records_until: float | None) -> bytes:
        private = sorted(map(str, self._private()))
        assignment = {
            "is_trial": True,
            "records_seconds": None if records_until is None else records_until - time.monotonic(),
            "camera": settings.revealed(),
            "max_pixels": self._max_pixels,
            "private": private,
        }
        return json.dumps(assignment).encode() + b"\n"


def _told(started: PipedProcess, assignment: bytes, until: float) -> dict[str, Any] | None:
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
            return last_told(bytes(data)) or {"works": False, "reason": texts.TRY_ENDED}
        data += received
    return last_told(bytes(data))
