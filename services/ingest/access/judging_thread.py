"""The one thread that judges passwords. Owns its queue, which is bounded, and no decision.

scrypt takes a tenth of a second and 32 MB. One at a time bounds both, and Python's other threads run on meanwhile.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Final, TypeVar

from services.ingest.access import texts
from shared.control.messages import ControlRefusedError
from shared.logs import get_logger

MAX_WAITING: Final = 8
BUSY_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 5.0
"""So often it looks after what else there is to do."""
T = TypeVar("T")
log = get_logger(__name__)


class JudgingThread:
    """Runs one job after the other, and `upkeep` every few seconds in between."""

    def __init__(self, upkeep: Callable[[], None]) -> None:
        self._upkeep: Final = upkeep
        self._jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]] | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="access", daemon=True)
        self._thread.start()

    def run(self, job: Callable[[], T]) -> T:
        """What the job returns or raises. Waits for it; any thread but its own.

        Raises:
            ControlRefusedError: `busy`, too many wait already.
        """
        done: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, done))
        except queue.Full:
            raise ControlRefusedError("busy", texts.BUSY, BUSY_SECONDS) from None
        return done.result()

    def close(self) -> None:
        """End it after the job that runs. Those that wait are refused."""
        with suppress(queue.Empty):
            while True:
                waiting = self._jobs.get_nowait()
                if waiting is not None:
                    waiting[1].set_exception(ControlRefusedError("busy", texts.ENDING, BUSY_SECONDS))
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                given = self._jobs.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._look_after()
                continue
            if given is None:
                return
            job, done = given
            try:
                done.set_result(job())
            except BaseException as error:  # noqa: BLE001 it belongs to the thread that waits
                done.set_exception(error)

    def _look_after(self) -> None:
        try:
            self._upkeep()
        except Exception:
            log.exception("upkeep of access failed")
