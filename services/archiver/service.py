"""The archiver as a whole: makes its parts, starts and stops them, and says what is wrong with them."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from sqlalchemy import Engine

from services.archiver.api.readiness import Readiness
from services.archiver.api.turns import quick_turns
from services.archiver.base import texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.problems import Problems
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.capture.frame_archiver import FrameArchiver
from services.archiver.capture.manual import ManualCapture
from services.archiver.capture.recorder import Recorder
from services.archiver.clock.watch import ClockWatch
from services.archiver.clock.witnesses import Witness
from services.archiver.db.archive_identity import ArchiveIdentity
from services.archiver.db.archive_watch import ArchiveWatch
from services.archiver.db.frames import FrameRows
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import WebpOptions
from shared.bus.curve import ClientKeys
from shared.bus.ingest_report import IngestReport
from shared.bus.subscriber import Subscriber
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.logs import get_logger
from shared.loop_clock import LoopClock
from shared.settings import DEFAULT_MAX_PIXELS
from shared.web.access.owner_access import OwnerAccess

STOP_SECONDS: Final = 0.5
"""How long the end waits for a picture in the making. What is unfinished then is swept or adopted later."""
ROWS_SECONDS: Final = 2.0
"""How long the end waits for the rows of stored files. The next start makes the rows that are missing then."""
SILENCE_SECONDS: Final = 10.0
log = get_logger(__name__)


class BackgroundJob(Protocol):
    """Runs beside the recorder, on the archiver's loop."""

    problems: Problems

    async def run(self) -> None:
        """Work until it is cancelled."""

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work that it left on threads; how many pieces are still running at the deadline."""


class Archiver:
    """On one loop. If a part fails unexpectedly, the process gets SIGTERM, and `failed` is set.

    It gets the signal, too, when a setting turns out to be unusable only later: then `refusal` says which.
    """

    recorder: Recorder
    row_writer: RowWriter
    manual_capture: ManualCapture
    """These three exist from the start on."""
    failed = False
    refusal: ConfigurationError | None = None
    witnesses: Sequence[Witness] = ()
    """Other clocks to ask. Fill it before the start."""

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        engine: Engine,
        store: FrameStore,
        bus_addresses: str,
        clock: Clock,
        webp: WebpOptions | None = None,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        bus_keys: ClientKeys | None = None,
        takes_back: bool = True,
        rules: CameraRules | None = None,
        owner: OwnerAccess | None = None,
    ) -> None:
        """`takes_back`: see `Recovery`. `owner` runs beside the other parts."""
        self.engine = engine
        self.frame_files = FrameFiles(store, max_pixels)
        self.frame_rows = FrameRows(engine)
        self.rules = rules or CameraRules()
        self._owner = owner
        self.trusted_clock = TrustedClock(clock)
        self.jobs: dict[str, BackgroundJob] = {}
        """By name. Fill it before the start."""
        self.on_report: Callable[[IngestReport], None] | None = None
        """Gets what ingests tell of themselves. Set it before the start."""
        self._loop_clock = LoopClock(clock.monotonic)
        """By which silence is judged: of ingest, of cameras, of what this service asks."""
        seconds = self._loop_clock.seconds
        self.look_ups, self.pictures = quick_turns(seconds), quick_turns(seconds)
        """The turns of requests for rows and of those for one picture."""
        quick = {texts.LOOK_UPS: self.look_ups, texts.PICTURES: self.pictures}
        self._readiness = Readiness(engine, store, seconds, quick)
        self._webp = webp or WebpOptions()
        self._bus_addresses = bus_addresses
        self._bus_keys = bus_keys
        self._takes_back = takes_back
        self._clock = clock
        self._problems = Problems()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all parts. It returns at once, whether the bus and the database are there or not."""
        self._subscriber = Subscriber(self._bus_addresses, self._bus_keys, seconds=self._loop_clock.seconds)
        self.row_writer = RowWriter(
            self.engine,
            self.frame_files,
            self._problems,
            self._clock,
            self.trusted_clock,
            takes_back=self._takes_back,
        )
        self.row_writer.archive_watch = watch = self._archive_watch()
        trusted = self.row_writer.clock_is_trusted
        self.jobs["clock"] = ClockWatch(self.engine, self.trusted_clock, trusted, self.witnesses)
        self.frame_archiver = FrameArchiver(self.frame_files, self.row_writer, self._webp, self._clock.monotonic)
        self.recorder = Recorder(
            self._subscriber,
            self.frame_archiver,
            self.row_writer,
            self._problems,
            self._clock,
            loop_clock=self._loop_clock,
            rule_of=self.rules.capture_rule_of,
            on_report=self.on_report,
        )
        self.manual_capture = ManualCapture(self.recorder, self.frame_archiver, self._loop_clock)
        self._tasks = [
            asyncio.create_task(self._loop_clock.run(), name="loop clock"),
            asyncio.create_task(self.row_writer.run(), name="row writer"),
            asyncio.create_task(self.recorder.run(), name="recorder"),
            asyncio.create_task(self._readiness.run(), name="readiness"),
            *([asyncio.create_task(watch.run(), name="archive watch")] if watch else []),
            *(asyncio.create_task(job.run(), name=name) for name, job in self.jobs.items()),
            *([] if self._owner is None else [asyncio.create_task(self._owner.run(), name="access")]),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Stop all parts, within little more than `STOP_SECONDS` and `ROWS_SECONDS`; usually at once.

        First the recorder, then the files that are being stored, and last their rows: so that no file is left without
        its row unless the disk or the database takes longer.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        jobs = (job.drain(STOP_SECONDS) for job in self.jobs.values())
        left = sum(await asyncio.gather(self.frame_archiver.drain(STOP_SECONDS), *jobs))
        left += await self.row_writer.finish(ROWS_SECONDS)
        if left:
            log.warning("work left unfinished", count=left)
        self._subscriber.close()
        self.engine.dispose()

    def why_not_ready(self) -> str | None:
        """Why the archiver can't do its work, for /readyz; None when it can."""
        if any(task.done() for task in self._tasks):
            return texts.NOT_READY
        return self._readiness.why_not_ready()

    def why_not_archiving(self) -> str | None:
        """Why pictures are missing though cameras are live, for /readyz?strict and for people; None when none are."""
        found = ((each.presence.name, each.progress.overdue_seconds()) for each in self.recorder.recorders())
        overdue = [(name, seconds) for name, seconds in found if seconds is not None]
        return texts.pictures_missing(overdue, next(iter(self._problems.texts()), None)) if overdue else None

    def problems(self) -> list[str]:
        """What is wrong at the moment, in sentences. From any thread."""
        found = self._problems.texts() + ([] if self._owner is None else self._owner.book.problems())
        for job in self.jobs.values():
            found += job.problems.texts()
        not_archiving = self.why_not_archiving()
        if not_archiving is not None:
            found.append(not_archiving)
        silent_seconds = self.recorder.silent_seconds()
        if silent_seconds > SILENCE_SECONDS:
            found.append(texts.no_camera_heard(silent_seconds))
        return list(dict.fromkeys(found))  # several parts may say the same of one disk

    def _archive_watch(self) -> ArchiveWatch | None:
        """None for an object store, which can't be mounted."""
        store = self.frame_files.store
        if not isinstance(store, LocalStore):
            return None
        store.marker.guard()
        return ArchiveWatch(ArchiveIdentity(self.engine, store), store, self._problems)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, ConfigurationError):
            self.refusal = error
        else:
            log.error("part of the archiver crashed", part=task.get_name(), exc_info=error)
            self.failed = True
        signal.raise_signal(signal.SIGTERM)
