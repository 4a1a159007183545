"""Slots without a picture, as whole archivers on a real bus record them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.archiver.base.errors import StorageFullError
from services.archiver.db.gaps import GapQuery
from shared.bus.status import CameraState
from tests.archiver.bus import ScriptedCamera
from tests.archiver.place import Place, WallClock
from tests.archiver.support import cut_short, jpeg_of, noise
from tests.support.waiting import eventually

HOUR = 3600
AT = datetime(2026, 11, 22, 14, 0, 10, tzinfo=UTC)
START = int(AT.timestamp()) - 10


def hours(place: Place) -> list[tuple[int, int, str]]:
    """The gaps of camera_1, in hours from 14 o'clock on."""
    return [
        ((begin - START) // HOUR, (end - START) // HOUR, why)
        for key, begin, end, why in place.gaps()
        if key == "camera_1"
    ]


def camera_at(wall: WallClock, **how: object) -> ScriptedCamera:
    return ScriptedCamera([jpeg_of()], interval_seconds=HOUR, utc_ns=wall.utc_ns, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "state", [CameraState.OFFLINE, CameraState.FROZEN, CameraState.STALLED, CameraState.UNAUTHORIZED]
)
async def test_a_camera_that_gives_no_live_picture_leaves_a_gap_that_says_why(place: Place, state: CameraState) -> None:
    """Whatever frames come meanwhile; in its own words."""
    wall = WallClock(AT)
    camera = camera_at(wall, state=state, insists=True, last_error="no route to host")
    with place.bus(camera):
        async with place.archiver(wall.clock):
            await eventually(lambda: camera.frames_sent > 5)
            wall.set(AT + timedelta(hours=1))
            await eventually(lambda: hours(place) == [(0, 1, f"camera {state}")])
            assert place.files() == []
    assert place.gap_rows.gaps(GapQuery())[0][0].detail == "no route to host"


async def test_a_camera_that_delivers_nothing_whole_leaves_a_gap(place: Place) -> None:
    """It is not the camera's state that tells, but its pictures."""
    wall = WallClock(AT)
    camera = camera_at(wall)
    camera.live = False
    broken = ScriptedCamera([cut_short(jpeg_of(noise(320, 240)))], "camera_2", HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera, broken):
        async with place.archiver(wall.clock) as archiver:
            await eventually(lambda: camera.frames_sent > 3 and archiver.frame_archiver.refused.total > 3)
            wall.set(AT + timedelta(hours=1))
            await eventually(lambda: len(place.gaps()) == 2)
    assert {(gap[0], gap[3]) for gap in place.gaps()} == {
        ("camera_1", "no fresh picture"),
        ("camera_2", "picture damaged"),
    }


async def test_slots_that_ran_while_the_archiver_did_not_are_a_gap_at_its_next_start(place: Place) -> None:
    """The slot that runs then is captured as always."""
    wall = WallClock(AT)
    with place.bus(camera_at(wall)):
        async with place.archiver(wall.clock):
            await eventually(place.rows)
        wall.set(AT + timedelta(hours=30))
        async with place.archiver(wall.clock):
            await eventually(lambda: len(place.rows()) == 2)
            await eventually(lambda: hours(place) == [(1, 30, "archiver down")])
    place.assert_whole()


async def test_slots_missed_while_ingest_is_unreachable_are_a_gap(place: Place) -> None:
    """The camera is remembered from earlier, so that nobody needs to speak of it."""
    wall = WallClock(AT)
    with place.bus(camera_at(wall)):
        async with place.archiver(wall.clock):
            await eventually(place.rows)
    wall.set(AT + timedelta(hours=2))
    async with place.archiver(wall.clock):
        await eventually(lambda: hours(place) == [(1, 2, "archiver down")])
        wall.set(AT + timedelta(hours=3))
        await eventually(lambda: hours(place)[1:] == [(2, 3, "ingest unreachable")])


async def test_a_camera_nobody_speaks_of_is_forgotten_after_a_week_until_it_is_heard_again(place: Place) -> None:
    """It was probably taken out while nobody listened. Should it come back, no slot is unaccounted for."""
    wall = WallClock(AT)
    with place.bus(camera_at(wall)):
        async with place.archiver(wall.clock):
            await eventually(place.rows)
    week = 7 * 24
    with place.bus(ScriptedCamera([jpeg_of()], "witness", HOUR, utc_ns=wall.utc_ns)) as bus:
        wall.set(AT + timedelta(hours=week + 1))
        async with place.archiver(wall.clock) as archiver:
            archiver.trusted_clock.confirm()  # it was off for long
            await eventually(lambda: "witness" in place.cameras())
            assert hours(place) == []
            bus.cameras.append(camera_at(wall))
            wall.set(AT + timedelta(hours=week + 2))
            await eventually(lambda: hours(place))
            await eventually(lambda: len(place.rows()) >= 2 + 1)
    assert (hours(place)[0][0], hours(place)[-1][1]) == (1, week + 2)


@pytest.mark.parametrize("state", [CameraState.REMOVED, CameraState.DISABLED])
async def test_a_camera_that_is_taken_out_has_no_gaps_any_more(place: Place, state: CameraState) -> None:
    """Nor after a restart; and when it comes back, none for the time between."""
    wall = WallClock(AT)
    camera = camera_at(wall)
    with place.bus(camera) as bus:
        async with place.archiver(wall.clock):
            await eventually(place.rows)
            camera.state = state
            await eventually(lambda: [each.watched for each in place.gap_rows.cameras()] == [False])
        wall.set(AT + timedelta(hours=5))
        bus.cameras.append(ScriptedCamera([jpeg_of()], "witness", HOUR, utc_ns=wall.utc_ns))
        async with place.archiver(wall.clock):
            await eventually(lambda: "witness" in place.cameras())
            camera.state = CameraState.LIVE
            await eventually(lambda: len(place.rows()) == 3)
    assert hours(place) == []


async def test_with_a_second_archiver_the_death_of_one_leaves_no_gap(place: Place) -> None:
    """It goes on, and what the dead one missed was not missed."""
    wall = WallClock(AT)
    clock = wall.clock
    with place.bus(camera_at(wall)):
        async with place.archiver(clock):
            async with place.archiver(clock):
                await eventually(place.rows)
            for hour in (1, 2, 3):
                wall.set(AT + timedelta(hours=hour))
                await eventually(lambda hour=hour: len(place.rows()) == hour + 1)  # type: ignore[misc]
            async with place.archiver(clock):
                wall.set(AT + timedelta(hours=4))
                await eventually(lambda: len(place.rows()) == 5)
    assert place.gaps() == []
    place.assert_whole()


async def test_a_picture_deleted_during_its_slot_is_not_taken_again(place: Place) -> None:
    """Neither by the archiver that runs nor by the next one."""
    wall = WallClock(AT)
    camera = camera_at(wall)
    witness = ScriptedCamera([jpeg_of()], "witness", HOUR, utc_ns=wall.utc_ns)
    with place.bus(camera) as bus:
        async with place.archiver(wall.clock) as archiver:
            await eventually(place.rows)
            (row,) = place.rows()
            place.frame_rows.delete([row.id or 0], leave_gaps=True)
            archiver.frame_files.remove(row.path)
            place.frame_rows.deletions_done([row.path])
        bus.cameras.append(witness)
        async with place.archiver(wall.clock):
            await eventually(lambda: place.cameras() == {"witness"})
            wall.set(AT + timedelta(hours=1))
            await eventually(lambda: len(place.rows()) == 3)
    assert hours(place) == [(0, 1, "deleted")]
    assert camera.times_demanded == 2


async def test_a_disk_that_stays_full_leaves_a_gap_that_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next slot has its own chance."""
    wall = WallClock(AT)

    def refuse(*_: object) -> None:
        raise StorageFullError("The archive directory can't be written: No space left on device.")

    with place.bus(camera_at(wall)), monkeypatch.context() as patch:
        patch.setattr(place.store, "write_first", refuse)
        async with place.archiver(wall.clock) as archiver:
            await eventually(archiver.problems)
            wall.set(AT + timedelta(hours=1))
            await eventually(lambda: hours(place) == [(0, 1, "disk full")])
            patch.undo()
            await eventually(place.rows)
    place.assert_whole()
