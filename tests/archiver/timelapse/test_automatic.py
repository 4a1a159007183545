"""Time-lapses by themselves: each entry once for each of its periods, whatever happens in between."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from services.archiver.base.errors import DiskNotMountedError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.base.timelapse_schedule import parse_schedule
from services.archiver.db.engine import open_engine
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.timelapse import queries, rendering
from services.archiver.timelapse.automatic import LEAST_FRAMES, AutomaticTimelapses
from services.archiver.timelapse.job import Job, JobState
from services.archiver.timelapse.queue import TimelapseQueue
from services.archiver.timelapse.schedule_memory import FILE
from services.archiver.timelapse.settings import TimelapseSettings
from shared.clock import Clock
from tests.archiver.test_service import environment, start_in_vain
from tests.archiver.timelapse.conftest import BEGIN, start
from tests.archiver.timelapse.test_api import LAPSES
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until

UTC_ZONE = ZoneInfo("UTC")
NEXT_DAY = BEGIN + timedelta(days=1, hours=1)
"""An hour after the first of the two days is over."""

Begin = Callable[..., tuple[AutomaticTimelapses, TimelapseQueue]]


@pytest.fixture
def begin(settings: ArchiverSettings, archive: MadeArchive) -> Begin:
    """An archiver's schedule and queue, as after each of its starts."""
    del archive
    settings.timelapse_dir.mkdir(exist_ok=True)

    def started(schedule: str, zone: ZoneInfo = UTC_ZONE) -> tuple[AutomaticTimelapses, TimelapseQueue]:
        engine, clock = open_engine(settings.database_url.get_secret_value()), Clock()
        directory = TimelapseSettings(settings.archive_dir, settings.timelapse_dir)
        queue = TimelapseQueue(directory, engine, clock, PictureMemory())
        return AutomaticTimelapses(parse_schedule(schedule), zone, queue, engine, clock), queue

    return started


def ended(queue: TimelapseQueue, state: JobState = JobState.DONE) -> list[Job]:
    """All jobs, which are said to have ended."""
    for job in queue.files.all():
        queue.files.save(job.with_(state=state, finished_at=job.finished_at or datetime.now(UTC)))
    return queue.files.all()


def test_a_day_that_is_over_is_asked_for_once(begin: Begin) -> None:
    """Of all its pictures, with the usual length, in the format that plays everywhere."""
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 1
    (job,) = queue.files.all()
    assert job.request is not None
    assert (job.frames, job.camera, job.format, job.length_seconds) == (24, "camera_1", "h264", 10)
    assert (job.request.since, job.request.until) == (BEGIN, BEGIN + timedelta(days=1))
    assert job.schedule is not None
    assert (job.schedule.entry, job.schedule.period) == ("daily", "2026-10-01/2026-10-02")
    for _ in range(3):
        assert schedule.ask_for_what_is_due(NEXT_DAY + timedelta(hours=3)) == 0
    ended(queue)
    assert schedule.ask_for_what_is_due(NEXT_DAY + timedelta(days=1)) == 1


@pytest.mark.parametrize("what", ["nothing", "deleted", "failed", "forgotten"])
def test_after_a_restart_it_is_not_asked_for_again(begin: Begin, settings: ArchiverSettings, what: str) -> None:
    """Also if somebody has deleted it, or it failed, or the memory of it is lost."""
    schedule, queue = begin("daily")
    schedule.ask_for_what_is_due(NEXT_DAY)
    ended(queue, JobState.FAILED if what == "failed" else JobState.DONE)
    if what == "deleted":
        queue.files.delete(queue.files.all()[0])
    if what == "forgotten":
        (settings.timelapse_dir / FILE).write_bytes(b"")
    again, _ = begin("daily")
    assert again.ask_for_what_is_due(NEXT_DAY) == 0


def test_two_archivers_ask_once(begin: Begin) -> None:
    """Each has its own memory of what is settled, and the directory is one."""
    (one, queue), (other, _) = begin("daily"), begin("daily")
    assert one.ask_for_what_is_due(NEXT_DAY) + other.ask_for_what_is_due(NEXT_DAY) == 1
    assert len(queue.files.all()) == 1


def test_of_the_days_that_nobody_saw_end_the_last_is_made_up_for(begin: Begin) -> None:
    """The archiver was off for a day. The others would be a flood."""
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY + timedelta(days=1)) == 1
    (job,) = queue.files.all()
    assert job.schedule is not None
    assert job.schedule.period == "2026-10-02/2026-10-03"


def test_with_too_few_pictures_nothing_is_made(begin: Begin, archive: MadeArchive) -> None:
    """Nor looked for again."""
    archive.hours(BEGIN, range(LEAST_FRAMES - 1), camera_key="new")
    archive.hours(BEGIN, range(LEAST_FRAMES), camera_key="porch")
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 2
    assert {job.camera for job in queue.files.all()} == {"camera_1", "porch"}
    nothing, _ = begin("monthly")
    assert nothing.ask_for_what_is_due(NEXT_DAY) == 0


def test_an_entry_may_be_for_one_camera(begin: Begin, archive: MadeArchive) -> None:
    """And two entries for two."""
    for camera in ("porch", "garden"):
        archive.hours(BEGIN, range(24), camera_key=camera)
    schedule, queue = begin("daily camera=porch, daily camera=garden daylight, daily camera=nobody")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 2
    frames = {job.camera: job.frames for job in queue.files.all()}
    assert frames["porch"] == 24
    assert LEAST_FRAMES <= frames["garden"] < 20


def test_one_a_day_at_noon_is_in_the_archives_time_zone(begin: Begin, archive: MadeArchive) -> None:
    """Through the change of clocks, in the last thirty days."""
    around_noon = (24 * day + hour for day in range(2, 31) for hour in range(8, 14))
    archive.hours(BEGIN, around_noon)
    schedule, queue = begin("rolling 30d at=12:00", ZoneInfo("Europe/Berlin"))
    assert schedule.ask_for_what_is_due(datetime(2026, 10, 31, 1, tzinfo=UTC)) == 1
    (job,) = queue.files.all()
    assert (job.frames, job.length_seconds) == (30, 30)
    assert job.request is not None
    assert job.request.until - job.request.since == timedelta(days=30, hours=1)
    assert str(job.request.daily_at) == "12:00:00"


def test_the_one_before_must_be_done_first(begin: Begin) -> None:
    """A machine that is too slow for its schedule gets no queue without end."""
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 1
    later = NEXT_DAY + timedelta(days=1)
    assert schedule.ask_for_what_is_due(later) == 0
    ended(queue)
    assert schedule.ask_for_what_is_due(later) == 1


def test_a_clock_that_jumps_makes_nothing_twice(begin: Begin) -> None:
    """A computer without a clock of its own starts in 1970, or comes back from the future."""
    schedule, queue = begin("daily")
    schedule.ask_for_what_is_due(NEXT_DAY)
    ended(queue)
    for wrong in (datetime(1970, 1, 2, 3, tzinfo=UTC), datetime(2036, 1, 1, 3, tzinfo=UTC)):
        assert schedule.ask_for_what_is_due(wrong) == 0
    for each in (schedule, begin("daily")[0]):
        assert each.ask_for_what_is_due(NEXT_DAY) == 0


async def test_by_a_clock_in_doubt_no_day_is_over_and_no_video_expires(begin: Begin) -> None:
    """Two years ahead every video would be too old."""
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 1
    (job,) = ended(queue)
    queue.files.save(job.with_(finished_at=BEGIN))
    queue.settings = replace(queue.settings, keep=timedelta(days=1))
    queue.is_clock_trusted = lambda: False
    assert schedule.ask_for_what_is_due(NEXT_DAY + timedelta(days=1)) == 0
    await queue._next()
    assert len(queue.files.all()) == 1
    queue.is_clock_trusted = lambda: True
    assert schedule.ask_for_what_is_due(NEXT_DAY + timedelta(days=1)) == 1
    await queue._next()
    assert [each.id for each in queue.files.all() if each.state is JobState.DONE] == []


def test_a_day_that_the_zone_skipped_is_no_day(begin: Begin) -> None:
    """Samoa had no 30 December 2011."""
    schedule, _ = begin("daily", ZoneInfo("Pacific/Apia"))
    assert schedule.ask_for_what_is_due(datetime(2011, 12, 30, 20, tzinfo=UTC)) == 0


def test_automatic_ones_make_themselves_and_the_rolling_one_replaces_the_one_before(
    settings: ArchiverSettings, archive: MadeArchive
) -> None:
    """With the real archiver: frames of yesterday, and yesterday's video."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    archive.hours(today, range(-48, 0))
    schedule = settings.model_copy(update={"timelapse_schedule": "daily keep=1w, rolling 2d"})

    def made(client: TestClient) -> dict[str, str]:
        lapses = client.get(LAPSES).json()["timelapses"]
        return {each["schedule"]: each["id"] for each in lapses if each["state"] == "done"}

    with start(schedule) as client:
        wait_until(lambda: set(made(client)) == {"daily keep=1w", "rolling 2d"}, "both are made", 60)
        first = made(client)
        daily = client.get(f"{LAPSES}/{first['daily keep=1w']}").json()
        ending = datetime.fromisoformat(daily["finished_at"]) + timedelta(days=7)
        assert datetime.fromisoformat(daily["expires_at"]) == ending
    _let_another_day_pass(settings.timelapse_dir)
    with start(schedule) as client:
        wait_until(lambda: made(client).get("rolling 2d") not in (None, first["rolling 2d"]), "a new one", 60)
        wait_until(lambda: client.get(f"{LAPSES}/{first['rolling 2d']}").status_code == 404, "the old one goes", 30)
        assert client.get(f"{LAPSES}/{first['daily keep=1w']}").status_code == 200


def _let_another_day_pass(directory: Path) -> None:
    """As if what was asked for today was asked for yesterday."""
    day = timedelta(days=1)
    (directory / FILE).unlink()
    for record in directory.glob("*.json"):
        plain = json.loads(record.read_text())
        plain["schedule"]["period"] = "/".join(
            str(date.fromisoformat(each) - day) for each in plain["schedule"]["period"].split("/")
        )
        plain["created_at"] = (datetime.fromisoformat(plain["created_at"]) - day).isoformat()
        record.write_text(json.dumps(plain))


async def test_somebody_who_waits_goes_before_the_schedule(begin: Begin) -> None:
    """Even if the schedule was first."""
    schedule, queue = begin("daily")
    schedule.ask_for_what_is_due(NEXT_DAY)
    automatic = queue.files.all()[0]
    by_hand = automatic.with_(id=automatic.id[:-6] + "ffffff", schedule=None, created_at=NEXT_DAY + timedelta(days=99))
    queue.files.save(by_hand)
    waiting = await queue._next()
    assert waiting is not None
    assert waiting.id == by_hand.id


@pytest.mark.parametrize("schedule", ["hourly", "daily at=12:00", "weekly keep=soon", "rolling"])
def test_a_schedule_that_cannot_be_used_is_one_line_and_code_2(schedule: str, tmp_path: Path) -> None:
    """With what is wrong in it."""
    refused = start_in_vain(environment(tmp_path, TIMELAPSE_SCHEDULE=schedule))
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"TIMELAPSE_SCHEDULE is '{schedule}' but must be entries with commas between")
    assert refused.stderr.count("\n") == 1


def test_more_frames_than_can_be_looked_at_are_no_reason_to_make_nothing(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month of one a second has 2.6 million. Then it is made of every third."""
    schedule, queue = begin("daily")
    monkeypatch.setattr(queries, "MOST_FOUND", 20)
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 1
    (job,) = queue.files.all()
    assert job.frames == 12


async def test_a_disk_that_stays_away_ends_a_render_after_two_attempts(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of a linked folder, say: the other time-lapses must not wait for it."""
    schedule, queue = begin("daily")
    assert schedule.ask_for_what_is_due(NEXT_DAY) == 1

    async def lose_the_disk(*_: object) -> None:
        raise DiskNotMountedError("The disk is not mounted.")

    monkeypatch.setattr(rendering, "render", lose_the_disk)
    with pytest.raises(DiskNotMountedError):
        await queue._work()
    assert [job.state for job in queue.files.all()] == [JobState.QUEUED]
    await queue._work()
    assert [(job.state, job.error) for job in queue.files.all()] == [(JobState.FAILED, "The disk is not mounted.")]
