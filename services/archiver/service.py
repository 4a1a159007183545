"""The archiver as a whole: makes its parts, starts and stops them, and knows what is wrong with them."""

import asyncio
import signal
from typing import Final, Protocol

from sqlalchemy import Engine

from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.capture.camera_recorder import Archive
from services.archiver.capture.manual import capture_by_hand
from services.archiver.capture.recorder import Recorder
from services.archiver.db.frames import Catalog
from services.archiver.db.gaps import Ledger
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import WebpOptions
from shared.bus.curve import ClientKeys
from shared.bus.subscriber import Subscriber
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

STOP_SECONDS: Final = 0.5
"""How long a picture in the making is waited for at the end. What is left behind is swept or adopted later."""
SILENCE_SECONDS: Final = 10.0
log = get_logger(__name__)


class Part(Protocol):
    """Something more that runs beside the recorder, on the archiver's loop."""

    problems: Problems

    async def run(self) -> None:
        """Until it is cancelled."""

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for what it left running on threads; how much of it is left behind."""


class Archiver:
    """On one loop. If a part fails in a way nobody foresaw, the process is told to end, with `failed` set.

    It is told so, too, when it shows only later that a setting can't be used: `refusal` then says which.
    """

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        engine: Engine,
        store: FrameStore,
        bus_addresses: str,
        clock: Clock,
        webp: WebpOptions | None = None,
        *,
        bus_keys: ClientKeys | None = None,
    ) -> None:
        self.engine = engine
        self.shelf = FrameFiles(store)
        self.catalog = Catalog(engine)
        self.ledger = Ledger(engine)
        self.failed = False
        self.refusal: ConfigurationError | None = None
        self.parts: dict[str, Part] = {}
        """To be filled before the start."""
        self._webp = webp or WebpOptions()
        self._bus_addresses = bus_addresses
        self._bus_keys = bus_keys
        self._clock = clock
        self._problems = Problems()
        self.refused = ThrottledLog("pictures", clock.monotonic)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._threads = Threads()
        self._subscriber = Subscriber(self._bus_addresses, self._bus_keys)
        self._bookkeeper = RowWriter(self.shelf, self.catalog, self.ledger, self._problems, self._clock)
        self._archive = Archive(
            self.shelf, self._bookkeeper, self._threads, self._problems, self.refused, self._clock, self._webp
        )
        self._recorder = Recorder(self._subscriber, self._archive)
        self._tasks = [
            asyncio.create_task(self._bookkeeper.run(), name="bookkeeper"),
            asyncio.create_task(self._recorder.run(), name="recorder"),
            *(asyncio.create_task(part.run(), name=name) for name, part in self.parts.items()),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Returns within little more than `STOP_SECONDS`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        more = (part.drain(STOP_SECONDS) for part in self.parts.values())
        left = sum(await asyncio.gather(self._threads.drain(STOP_SECONDS), self._bookkeeper.drain(STOP_SECONDS), *more))
        if left:
            log.warning("work left unfinished", count=left)
        self._subscriber.close()
        self.engine.dispose()

    def look_again(self) -> None:
        """Somebody found the database wanting."""
        self._bookkeeper.look_again()

    async def capture_by_hand(self, camera_key: str | None) -> ArchivedFrame | None:
        """See `by_hand.py`."""
        return await capture_by_hand(self._recorder, self._archive, camera_key)

    def dropped_messages(self) -> int:
        """How many messages of the bus were malformed."""
        return self._recorder.dropped.total

    def why_not_ready(self) -> str | None:
        if all(not task.done() for task in self._tasks):
            return None
        return "The recorder has stopped: look at the log and start the archiver again."

    def problems(self) -> list[str]:
        texts = self._problems.texts()
        for part in self.parts.values():
            texts += part.problems.texts()
        silent_seconds = self._recorder.silent_seconds()
        if silent_seconds > SILENCE_SECONDS:
            texts.append(
                f"No camera has been heard of for {silent_seconds:.0f} s: check that ingest runs and that BUS_CONNECT "
                "is its address."
            )
        return texts

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, ConfigurationError):
            self.refusal = error
        else:
            log.error("part of the archiver crashed", part=task.get_name(), exc_info=error)
            self.failed = True
        signal.raise_signal(signal.SIGTERM)
