"""The recorder on a real bus: which frames it asks for, which it keeps, and for how long it is quiet."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.archiver.archiver import Archiver
from services.archiver.catalog import Catalog, FrameQuery
from services.archiver.database import open_engine
from services.archiver.errors import DatabaseUnavailable, StorageUnavailable
from services.archiver.models import ArchivedFrame
from services.archiver.pictures import read_webp
from services.archiver.slots import Slot
from services.archiver.storage import FrameStore, KeptFile
from shared.clock import Clock
from shared.frames import encode_frame
from shared.status import CameraState, encode_status
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import MONTH_SECONDS, cut_short, jpeg_of, noise, webp_of
from tests.support.waiting import eventually

HOUR = 3600


class WallClock:
    """A wall clock that stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self.set(at)

    def set(self, at: datetime) -> None:
        self._ns = int(at.timestamp()) * 1_000_000_000

    def utc_ns(self) -> int:
        return self._ns


class Place:
    """One archive: its bus, its directory and its database, for any number of archivers."""

    def __init__(self, root: Path) -> None:
        self.bus_address = f"ipc://{root}/bus"
        self.store = FrameStore(root / "frames")
        self.store.root.mkdir()
        self.database_file = root / "db" / "archive.db"
        self.engine = open_engine(f"sqlite:///{self.database_file}")
        self.catalog = Catalog(self.engine)

    def rows(self) -> list[ArchivedFrame]:
        """No rows while the database is away or unmade."""
        with suppress(DatabaseUnavailable):
            return list(self.catalog.page(FrameQuery(limit=500))[0])
        return []

    def cameras(self) -> set[str]:
        return {row.camera_key for row in self.rows()}

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.store.root).as_posix() for path in self.store.root.rglob("*.*"))

    def assert_whole(self) -> None:
        """Every file has its row, every row its file, and each describes the other."""
        assert sorted(row.path for row in self.rows()) == self.files()
        for row in self.rows():
            content = self.store.read(row.path)
            assert (row.bytes, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
            assert read_webp(content).captured_at == row.captured_at
            assert Slot(row.slot_start, row.interval_seconds).contains(int(row.captured_at.timestamp() * 1e6) * 1000)

    @asynccontextmanager
    async def archiver(self, clock: Clock | None = None, store: FrameStore | None = None) -> AsyncIterator[Archiver]:
        archiver = Archiver(self.engine, store or self.store, self.bus_address, clock or Clock())
        await archiver.start()
        try:
            yield archiver
        finally:
            await archiver.stop()
            assert not archiver.failed

    @contextmanager
    def bus(self, *cameras: ScriptedCamera) -> Iterator[ScriptedBus]:
        with ScriptedBus(self.bus_address, list(cameras)).running() as bus:
            yield bus


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


async def test_the_running_slot_is_captured_at_once_and_then_nothing_is_asked_for(place: Place) -> None:
    """A month's slot has begun long ago; its picture is taken now, once."""
    camera = ScriptedCamera([jpeg_of(noise(320, 240))], interval_seconds=MONTH_SECONDS)
    started = datetime.now(UTC)
    with place.bus(camera) as bus:
        async with place.archiver():
            await eventually(place.rows)
            assert not camera.demanded
            sent = camera.frames_sent
            bus.cameras.append(second := ScriptedCamera([jpeg_of()], key="camera_2", interval_seconds=MONTH_SECONDS))
            await eventually(lambda: len(place.rows()) == 2)
            assert (camera.frames_sent, camera.times_demanded, second.times_demanded) == (sent, 1, 1)
    (first,) = (row for row in place.rows() if row.camera_key == "camera_1")
    assert (first.width, first.height, first.interval_seconds) == (320, 240, MONTH_SECONDS)
    assert started <= first.captured_at <= datetime.now(UTC)
    place.assert_whole()


async def test_each_slot_gets_one_picture_and_frames_are_asked_for_once_per_slot(place: Place) -> None:
    """In between the camera's encoder is idle."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=2)
    with place.bus(camera):
        async with place.archiver():
            await eventually(lambda: len(place.rows()) >= 3)
            await eventually(lambda: not camera.demanded)
    starts = sorted(row.slot_start for row in place.rows())
    assert starts == list(range(starts[0], starts[-1] + 1, 2))
    assert camera.times_demanded - len(starts) in (0, 1)  # the next slot may begin while the archiver ends
    assert camera.frames_sent < 5 * len(starts)  # of 40 in a slot
    later = [row for row in place.rows() if row.slot_start != starts[0]]
    assert all(row.captured_at.timestamp() - row.slot_start < 1 for row in later)
    place.assert_whole()


async def test_pictures_that_are_cut_or_corrupt_are_counted_and_the_next_one_is_tried(place: Place) -> None:
    """They pass on the bus, since they begin and end well."""
    whole = jpeg_of(noise(640, 360))
    camera = ScriptedCamera(
        [cut_short(whole), b"\xff\xd8\xff\x00\xff\xd9", cut_short(whole), whole], interval_seconds=MONTH_SECONDS
    )
    with place.bus(camera):
        async with place.archiver() as archiver:
            await eventually(place.rows)
            assert archiver.refused.total == 3
    (row,) = place.rows()
    assert (row.width, row.height) == (640, 360)


async def test_a_picture_that_is_not_live_is_never_archived(place: Place) -> None:
    """It shows the past, or nothing."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS, live=False)
    with place.bus(camera):
        async with place.archiver():
            await eventually(lambda: camera.frames_sent > 5)
            assert place.files() == []
            camera.live = True
            await eventually(place.rows)
    place.assert_whole()


async def test_a_picture_of_an_earlier_slot_is_not_archived(place: Place) -> None:
    """However live it was then."""
    wall = WallClock(datetime(2026, 11, 22, 14, 0, 5, tzinfo=UTC))
    late = WallClock(datetime(2026, 11, 22, 13, 59, 59, tzinfo=UTC))
    camera = ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=late.utc_ns)
    with place.bus(camera):
        async with place.archiver(Clock(utc_ns=wall.utc_ns)):
            await eventually(lambda: camera.frames_sent > 5)
            assert place.files() == []
            late.set(datetime(2026, 11, 22, 14, 0, 1, tzinfo=UTC))
            await eventually(place.rows)
    assert place.files() == ["camera_1/2026/11/22/camera_1_20261122T140000Z.webp"]


async def test_a_clock_that_jumps_back_and_forward_neither_doubles_nor_skips(place: Place) -> None:
    """Each slot that runs at any time has one picture in the end."""
    wall = WallClock(datetime(2026, 11, 22, 14, 0, 10, tzinfo=UTC))
    camera = ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera):
        async with place.archiver(Clock(utc_ns=wall.utc_ns)):
            for number, (hour, minute) in enumerate([(14, 1), (13, 59), (17, 30)], start=1):
                wall.set(datetime(2026, 11, 22, hour, minute, tzinfo=UTC))
                await eventually(lambda number=number: len(place.rows()) == number)  # type: ignore[misc]
                if number == 2:  # back again: that slot has its picture
                    wall.set(datetime(2026, 11, 22, 14, 2, tzinfo=UTC))
    hours = sorted(datetime.fromtimestamp(row.slot_start, UTC).hour for row in place.rows())
    assert hours == [13, 14, 17]
    assert camera.times_demanded == 3
    place.assert_whole()


async def test_a_camera_that_is_away_is_waited_for(place: Place) -> None:
    """Its slot is still open when it comes back."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS, state=CameraState.OFFLINE)
    with place.bus(camera):
        async with place.archiver():
            await eventually(lambda: camera.demanded)
            camera.state = CameraState.LIVE
            await eventually(place.rows)


async def test_a_disabled_camera_is_left_alone_until_it_is_enabled(place: Place) -> None:
    """And again when it is disabled later."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=1, state=CameraState.DISABLED)
    witness = ScriptedCamera([jpeg_of()], key="witness", interval_seconds=1)
    with place.bus(camera, witness):
        async with place.archiver():
            await eventually(place.rows)
            assert camera.times_demanded == 0
            camera.state = CameraState.LIVE
            await eventually(lambda: "camera_1" in place.cameras())
            camera.state = CameraState.DISABLED
            await eventually(lambda: not camera.demanded)
            demanded, slots = camera.times_demanded, len(place.rows())
            await eventually(lambda: len(place.rows()) >= slots + 2)
            assert camera.times_demanded <= demanded + 1


async def test_an_interval_that_changes_counts_from_the_next_status_on(place: Place) -> None:
    """The new interval's running slot is captured at once, and stored beside its own interval."""
    wall = WallClock(datetime(2026, 11, 22, 14, 45, tzinfo=UTC))
    camera = ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera):
        async with place.archiver(Clock(utc_ns=wall.utc_ns)):
            await eventually(place.rows)
            camera.interval_seconds = HOUR // 2
            await eventually(lambda: len(place.rows()) == 2)
    half_past, hour = sorted(place.rows(), key=lambda row: row.interval_seconds)
    assert (half_past.slot_start - hour.slot_start, half_past.interval_seconds) == (HOUR // 2, HOUR // 2)


async def test_malformed_messages_are_dropped_and_counted(place: Place) -> None:
    """Nothing on the bus can stop the archive."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    topic, body = encode_status(camera.status())
    with place.bus() as bus:
        async with place.archiver() as archiver:
            malformed = [[b"status/"], [topic, b"{}"], [topic, body, b""], [b"status/other/", body]]
            bus.repeat(malformed)
            await eventually(lambda: archiver.dropped_messages() >= 2 * len(malformed))
            bus.cameras.append(camera)
            await eventually(place.rows)


async def test_frames_nobody_asked_for_are_ignored(place: Place) -> None:
    """Of unknown cameras and other sizes."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    stranger = ScriptedCamera([jpeg_of()], key="stranger")
    with place.bus(camera) as bus:
        async with place.archiver():
            bus.send_once([encode_frame(stranger.next_frame())])
            await eventually(place.rows)
    assert place.cameras() == {"camera_1"}


async def test_two_archivers_side_by_side_keep_one_file_and_one_row_per_slot(place: Place) -> None:
    """Whoever is first; both know the same in the end."""
    camera = ScriptedCamera([jpeg_of(noise(320, 240)) for _ in range(20)], interval_seconds=1)
    with place.bus(camera):
        async with place.archiver(), place.archiver():
            await eventually(lambda: len(place.rows()) >= 3)
    place.assert_whole()


async def test_a_slot_that_is_archived_already_is_not_captured_again_after_a_restart(place: Place) -> None:
    """Neither when its row tells, nor when only its file does."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with place.bus(camera) as bus:
        async with place.archiver():
            await eventually(place.rows)
        (before,) = place.rows()
        bus.cameras.append(ScriptedCamera([jpeg_of()], key="witness", interval_seconds=MONTH_SECONDS))
        async with place.archiver():
            await eventually(lambda: "witness" in place.cameras())
        shutil.rmtree(place.database_file.parent)
        bus.cameras.append(ScriptedCamera([jpeg_of()], key="witness_2", interval_seconds=MONTH_SECONDS))
        async with place.archiver():
            await eventually(lambda: place.cameras() == {"camera_1", "witness", "witness_2"})
    assert camera.times_demanded == 1
    (after,) = (row for row in place.rows() if row.camera_key == "camera_1")
    assert after.sha256 == before.sha256
    place.assert_whole()


async def test_a_broken_file_of_the_running_slot_is_replaced(place: Place) -> None:
    """A slot deserves a whole picture while one is to be had."""
    wall = WallClock(datetime(2026, 11, 22, 14, 5, tzinfo=UTC))
    broken = place.store.root / "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(webp_of()[:100])
    with place.bus(ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns)):
        async with place.archiver(Clock(utc_ns=wall.utc_ns)):
            await eventually(place.rows)
    place.assert_whole()


async def test_while_the_database_is_away_the_file_is_kept_and_its_row_follows(place: Place) -> None:
    """The archiver starts without its database, says so, and heals by itself."""
    place.database_file.parent.write_text("in the way")
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with place.bus(camera):
        async with place.archiver() as archiver:
            await eventually(place.files)
            await eventually(lambda: not camera.demanded)
            (problem,) = archiver.problems()
            assert "database" in problem
            assert archiver.why_not_ready() is None
            place.database_file.parent.unlink()
            await eventually(place.rows)
            await eventually(lambda: archiver.problems() == [])
    assert camera.times_demanded == 1
    place.assert_whole()


async def test_while_the_database_is_locked_the_file_is_kept_and_its_row_follows(place: Place) -> None:
    """As when somebody copies or repairs it."""
    place.catalog.upgrade()
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    lock = sqlite3.connect(place.database_file, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        with place.bus(camera):
            async with place.archiver() as archiver:
                await eventually(place.files)
                await eventually(lambda: any("locked" in problem for problem in archiver.problems()))
                lock.execute("ROLLBACK")
                await eventually(place.rows)
    finally:
        lock.close()
    place.assert_whole()


class FullDisk(FrameStore):
    """Says that there is no space until there is."""

    full = True
    attempts = 0

    def write(self, camera_key: str, slot: Slot, webp: bytes) -> KeptFile:
        self.attempts += 1
        if self.full:
            raise StorageUnavailable("The archive directory can't be written: No space left on device.")
        return super().write(camera_key, slot, webp)


async def test_a_full_disk_is_shown_and_tried_again_with_the_same_picture(place: Place) -> None:
    """The frame was taken when it was due; only its writing is late."""
    store = FullDisk(place.store.root)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with place.bus(camera):
        async with place.archiver(store=store) as archiver:
            await eventually(lambda: store.attempts >= 2)
            freed = time.time()
            assert archiver.problems() == ["The archive directory can't be written: No space left on device."]
            store.full = False
            await eventually(place.rows)
            await eventually(lambda: archiver.problems() == [])
    assert camera.times_demanded == 1
    assert place.rows()[0].captured_at.timestamp() < freed


async def test_a_picture_webp_cannot_hold_is_shown_and_does_no_harm(place: Place) -> None:
    """Another picture of the camera may fit."""
    camera = ScriptedCamera([jpeg_of(noise(16_400, 2)), jpeg_of()], interval_seconds=MONTH_SECONDS)
    with place.bus(camera):
        async with place.archiver() as archiver:
            await eventually(lambda: any("16383" in problem for problem in archiver.problems()))
            await eventually(place.rows)
            await eventually(lambda: archiver.problems() == [])


async def test_a_bus_that_tells_of_no_camera_is_shown_after_a_while(place: Place) -> None:
    """It is the commonest mistake, and no reason to take the archive out of service."""
    monotonic = [0.0]
    async with place.archiver(Clock(monotonic=lambda: monotonic[0])) as archiver:
        assert archiver.problems() == []
        monotonic[0] = 11.0
        (problem,) = archiver.problems()
        assert "BUS_CONNECT" in problem
        assert archiver.why_not_ready() is None
