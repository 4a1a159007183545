"""The recorder on a real bus: which frames it asks for, which it keeps, and for how long it is quiet."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.archiver.base.errors import StorageFullError
from services.archiver.db.engine import upgrade
from services.archiver.files.local_store import LocalStore
from shared.bus.frames import encode_frame
from shared.bus.status import CameraState, encode_status
from shared.clock import Clock
from tests.archiver.bus import ScriptedCamera
from tests.archiver.place import Place, WallClock, unhurried_end
from tests.archiver.support import MONTH_SECONDS, cut_short, jpeg_of, noise, webp_of
from tests.support.waiting import eventually

HOUR = 3600


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


async def test_right_after_a_stall_of_the_own_loop_nobody_is_silent(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ingest, nor the camera, nor database and store: what they said meanwhile waits to be read."""
    monkeypatch.setattr("services.archiver.capture.camera_presence.SILENT_SECONDS", 0.5)
    monkeypatch.setattr("services.archiver.api.readiness.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("services.archiver.service.SILENCE_SECONDS", 0.5)
    monkeypatch.setattr("services.archiver.api.readiness.ASK_SECONDS", 0.0)
    with place.bus(ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)):
        async with place.archiver() as archiver:
            await eventually(place.rows)
            presence = archiver.recorder.presence("camera_1")
            assert presence is not None
            assert presence.miss_reason() is None
            time.sleep(1)  # noqa: ASYNC251 the stall
            assert (presence.miss_reason(), archiver.why_not_ready(), archiver.problems()) == (None, None, [])


async def test_each_slot_gets_one_picture_and_frames_are_asked_for_once_per_slot(place: Place) -> None:
    """In between the camera's encoder is idle."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=2)
    with place.bus(camera):
        async with place.archiver():
            await eventually(lambda: len(place.rows()) >= 3)
            await eventually(lambda: not camera.demanded)
    starts = sorted(row.slot_start or 0 for row in place.rows())
    assert starts == list(range(starts[0], starts[-1] + 1, 2))
    assert camera.times_demanded - len(starts) in (0, 1)  # the next slot may begin while the archiver ends
    assert camera.frames_sent < 5 * len(starts)  # of 40 in a slot
    later = [row for row in place.rows() if row.slot_start != starts[0]]
    assert all(row.captured_at.timestamp() - (row.slot_start or 0) < 1 for row in later)
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
            # Of those that arrive together only the newest is tried.
            assert archiver.frame_archiver.refused.total in (1, 2, 3)
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
    camera = ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns, under_way_seconds=6)
    with place.bus(camera):
        async with place.archiver(wall.clock):
            await eventually(lambda: camera.frames_sent > 5)
            assert place.files() == []
            camera.under_way_seconds = 0
            await eventually(place.rows)
    assert place.files() == ["camera_1/2026/11/22/camera_1_20261122T140000Z.webp"]


async def test_a_clock_that_jumps_back_and_forward_neither_doubles_nor_skips(place: Place) -> None:
    """Each slot that runs at any time has one picture in the end."""
    wall = WallClock(datetime(2026, 11, 22, 14, 0, 10, tzinfo=UTC))
    camera = ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera):
        async with place.archiver(wall.clock):
            for number, (hour, minute) in enumerate([(14, 1), (13, 59), (17, 30)], start=1):
                wall.set(datetime(2026, 11, 22, hour, minute, tzinfo=UTC))
                await eventually(lambda number=number: len(place.rows()) == number)  # type: ignore[misc]
                if number == 2:  # back again: that slot has its picture
                    wall.set(datetime(2026, 11, 22, 14, 2, tzinfo=UTC))
    hours = sorted(datetime.fromtimestamp(row.slot_start or 0, UTC).hour for row in place.rows())
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
        async with place.archiver(wall.clock):
            await eventually(place.rows)
            camera.interval_seconds = HOUR // 2
            await eventually(lambda: len(place.rows()) == 2)
    half_past, hour = sorted(place.rows(), key=lambda row: row.interval_seconds or 0)
    assert ((half_past.slot_start or 0) - (hour.slot_start or 0), half_past.interval_seconds) == (HOUR // 2, HOUR // 2)


async def test_malformed_messages_are_dropped_and_counted(place: Place) -> None:
    """Nothing on the bus can stop the archive."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    topic, body = encode_status(camera.status())
    with place.bus() as bus:
        async with place.archiver() as archiver:
            malformed = [[b"status/"], [topic, b"{}"], [topic, body, b""], [b"status/other/", body]]
            bus.repeat(malformed)
            await eventually(lambda: archiver.recorder.dropped.total >= 2 * len(malformed))
            bus.cameras.append(camera)
            await eventually(place.rows)


async def test_the_number_of_cameras_is_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a task and a row: ten thousand forged ones once cost 78 MB, and a log line for each."""
    monkeypatch.setattr("services.archiver.capture.recorder.MAX_CAMERAS", 3)
    cameras = [ScriptedCamera([jpeg_of()], key=f"camera_{number}") for number in range(5)]
    with place.bus(*cameras):
        async with place.archiver() as archiver:
            await eventually(lambda: archiver.recorder.dropped.total >= 2)
            known = [camera.key for camera in cameras if archiver.recorder.presence(camera.key) is not None]
            assert len(known) == 3


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
    with place.bus(camera), unhurried_end():
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
        async with place.archiver(wall.clock):
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
    upgrade(place.engine)
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


async def test_a_lock_of_several_slots_costs_none_of_them_its_picture(place: Place) -> None:
    """Nobody who captures waits for the database; rows follow, and no slot is both there and missing."""
    upgrade(place.engine)
    lock = sqlite3.connect(place.database_file, isolation_level=None)
    try:
        with place.bus(ScriptedCamera([jpeg_of()], interval_seconds=1)):
            async with place.archiver():
                await eventually(place.rows)
                lock.execute("BEGIN EXCLUSIVE")
                before = len(place.files())
                await eventually(lambda: len(place.files()) >= before + 5)
                lock.execute("ROLLBACK")
                await eventually(lambda: len(place.rows()) >= before + 5)
    finally:
        lock.close()
    starts = sorted(row.slot_start or 0 for row in place.rows())
    assert starts == list(range(starts[0], starts[-1] + 1))
    assert [gap for gap in place.gaps() if gap[2] > starts[0]] == []
    place.assert_whole()


class FullDisk(LocalStore):
    """Says that there is no space until there is."""

    full = True
    attempts = 0

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        self.attempts += 1
        if self.full:
            raise StorageFullError("The archive directory can't be written: No space left on device.")
        super().write_first(path, content, is_whole)


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


@pytest.mark.parametrize("ahead_seconds", [HOUR, -HOUR])
async def test_slots_are_by_this_hosts_clock_whatever_ingests_says(place: Place, ahead_seconds: int) -> None:
    """A camera's host may be an hour off: the picture taken now belongs to the slot that runs here."""
    utc_ns = lambda: time.time_ns() + ahead_seconds * 10**9  # noqa: E731
    camera = ScriptedCamera([jpeg_of()], interval_seconds=2, utc_ns=utc_ns)
    started = datetime.now(UTC)
    with place.bus(camera):
        async with place.archiver():
            await eventually(lambda: len(place.rows()) >= 2)
    for row in place.rows():
        assert started <= row.captured_at <= datetime.now(UTC)
        assert 0 <= row.captured_at.timestamp() - (row.slot_start or 0) < 2
