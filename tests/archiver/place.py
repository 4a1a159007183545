"""One archive on a disk and in SQLite, with its bus: for tests that run whole archivers."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from services.archiver import service
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.capture.slots import Slot
from services.archiver.db.engine import open_engine
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import THUMBNAIL_SUFFIX, thumbnail_path_of
from services.archiver.files.store import FrameStore
from services.archiver.files.webp import read_webp
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.bus import ScriptedBus, ScriptedCamera

_BOOTED_NS = 1_790_000_000_000_000_000


@contextmanager
def unhurried_end() -> Iterator[None]:
    """Let archivers take their time to end: on a starved machine even a small file takes longer than their deadline."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "STOP_SECONDS", 60.0)
        patch.setattr(service, "ROWS_SECONDS", 60.0)
        yield


class WallClock:
    """A wall clock that stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def set(self, at: datetime) -> None:
        self._ns = int(at.timestamp()) * 1_000_000_000

    def utc_ns(self) -> int:
        return self._ns

    @property
    def clock(self) -> Clock:
        """The clocks of a computer that slept, or was let run, until that time: nobody set its clock."""
        return Clock(utc_ns=self.utc_ns, boot_ns=lambda: self._ns - _BOOTED_NS)


@asynccontextmanager
async def running_archiver(
    engine: Engine, store: FrameStore, bus_address: str, clock: Clock | None = None
) -> AsyncIterator[Archiver]:
    """One that has not failed by the end."""
    archiver = Archiver(engine, store, bus_address, clock or Clock())
    await archiver.start()
    try:
        yield archiver
    finally:
        await archiver.stop()
        assert not archiver.failed


class Place:
    """One archive: its bus, its directory and its database, for any number of archivers."""

    def __init__(self, root: Path) -> None:
        self.bus_address = f"ipc://{root}/bus"
        self.store = LocalStore(root / "frames")
        self.store.root.mkdir()
        self.database_file = root / "db" / "archive.db"
        self.engine = open_engine(f"sqlite:///{self.database_file}")
        self.frame_rows = FrameRows(self.engine)
        self.gap_rows = GapRows(self.engine)

    def rows(self) -> list[ArchivedFrame]:
        """No rows while the database is away or unmade."""
        with suppress(DatabaseUnavailableError):
            return list(self.frame_rows.page(FrameQuery(limit=500))[0])
        return []

    def cameras(self) -> set[str]:
        return {row.camera_key for row in self.rows()}

    def files(self) -> list[str]:
        """Of frames."""
        paths = (path.relative_to(self.store.root).as_posix() for path in self.store.root.rglob("*.*"))
        return sorted(path for path in paths if not path.endswith(THUMBNAIL_SUFFIX))

    def gaps(self) -> list[tuple[str, int, int, str]]:
        """Camera, begin, end and reason."""
        with suppress(DatabaseUnavailableError):
            gaps, _ = self.gap_rows.gaps(GapQuery())
            return [(gap.camera_key, gap.start_seconds, gap.end_seconds, gap.reason) for gap in gaps]
        return []

    def assert_whole(self) -> None:
        """Every file has its row, every row its file, and each describes the other."""
        assert sorted(row.path for row in self.rows()) == self.files()
        for row in self.rows():
            content = self.store.read(row.path)
            assert (row.bytes, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
            assert read_webp(content).captured_at == row.captured_at
            assert len(self.store.read(thumbnail_path_of(row.path))) == row.thumbnail_bytes
            assert row.slot_start is not None
            assert row.interval_seconds is not None
            assert Slot(row.slot_start, row.interval_seconds).contains(int(row.captured_at.timestamp() * 1e6) * 1000)

    def archiver(
        self, clock: Clock | None = None, store: LocalStore | None = None
    ) -> AbstractAsyncContextManager[Archiver]:
        return running_archiver(self.engine, store or self.store, self.bus_address, clock)

    @contextmanager
    def bus(self, *cameras: ScriptedCamera) -> Iterator[ScriptedBus]:
        with ScriptedBus(self.bus_address, list(cameras)).running() as bus:
            yield bus
