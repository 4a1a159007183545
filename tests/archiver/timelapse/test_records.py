"""A time-lapse's record: durable when it is written, and worth less than the video when it is broken."""

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from services.archiver.base.settings import ArchiverSettings
from services.archiver.files.durable import read_regular
from services.archiver.timelapse import queue
from services.archiver.timelapse.job import Job, JobState, ScheduleMark, new_id
from services.archiver.timelapse.jobs import JobFiles
from services.archiver.timelapse.request import TimelapseRequest
from tests.archiver.timelapse.conftest import BEGIN, body, start
from tests.archiver.timelapse.test_api import LAPSES, asked, done
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until


@pytest.fixture
def made(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A finished time-lapse, and an archiver that looks into its directory all the time."""
    monkeypatch.setattr(queue, "SCAN_SECONDS", 0.1)
    return done(client, asked(client, format="mp4")["id"])


def record_of(settings: ArchiverSettings, made: dict[str, Any]) -> Path:
    return settings.timelapse_dir / f"{made['id']}.json"


def video_of(settings: ArchiverSettings, made: dict[str, Any]) -> Path:
    return settings.timelapse_dir / f"{made['id']}.mp4"


def listed(client: TestClient) -> dict[str, Any]:
    """The one time-lapse, once its record was made anew."""

    def found() -> Any:
        all_of_them = client.get(LAPSES).json()["timelapses"]
        assert len(all_of_them) == 1
        return all_of_them[0] if all_of_them[0]["frames"] else None

    wait_until(found, "its record is there again", 30)
    one: dict[str, Any] = found()
    return one


def in_its_place(record: Path) -> None:
    """A directory, where the record was."""
    record.unlink()
    record.mkdir()


_CUT = 100
BREAKING: dict[str, Callable[[Path], object]] = {
    "empty": lambda record: record.write_bytes(b""),
    "cut": lambda record: record.write_bytes(record.read_bytes()[:_CUT]),
    "zeros": lambda record: record.write_bytes(bytes(record.stat().st_size)),
    "no object": lambda record: record.write_text("[]"),
    "another's": lambda record: record.write_text(record.read_text().replace("camera_1_2", "camera_2_2")),
    "of a later version": lambda record: record.write_text(record.read_text().replace('"daylight"', '"moonlight"')),
    "huge": lambda record: record.write_bytes(b" " * 100_000),
    "a directory": in_its_place,
    "gone": lambda record: record.unlink(),
}


@pytest.mark.parametrize("kind", BREAKING)
def test_a_broken_record_costs_no_video(
    kind: str, client: TestClient, settings: ArchiverSettings, made: dict[str, Any]
) -> None:
    """A power cut on XFS left empty records; the next time-lapse then deleted the finished videos."""
    content = video_of(settings, made).read_bytes()
    with capture_logs() as lines:
        BREAKING[kind](record_of(settings, made))
        assert [each["id"] for each in client.get(LAPSES).json()["timelapses"]] == [made["id"]]
        again = listed(client)
    same = (
        "id",
        "camera",
        "format",
        "state",
        "request",
        "frames",
        "width",
        "height",
        "fps",
        "bytes",
        "length_seconds",
        "poster_url",
    )
    assert {name: again[name] for name in same} == {name: made[name] for name in same}
    assert (again["recovered"], again["expires_at"], again["created_at"]) == (True, None, made["created_at"][:19] + "Z")
    assert [line["event"] for line in lines].count("a time-lapse's record is broken, its video is kept") <= 1
    done(client, asked(client, format="webp")["id"])
    assert client.get(again["file_url"]).content == content


def test_a_broken_record_is_told_once(client: TestClient, settings: ArchiverSettings, made: dict[str, Any]) -> None:
    """It was told every five seconds, for ever. One without a video stays where it is."""
    lost = settings.timelapse_dir / f"{new_id('camera_1', BEGIN)}.json"
    with capture_logs() as lines:
        record_of(settings, made).write_bytes(b"")
        lost.write_bytes(b"")
        listed(client)
        for _ in range(20):
            client.get(LAPSES)
    broken = [line["file"] for line in lines if line["event"].startswith("a time-lapse's record is broken")]
    assert sorted(broken) == sorted([record_of(settings, made).name, lost.name])
    assert lost.exists()


def test_a_recovered_one_is_deleted_with_all_that_is_left_of_it(
    client: TestClient, settings: ArchiverSettings, made: dict[str, Any]
) -> None:
    """By its user, as any other."""
    record_of(settings, made).write_bytes(b"")
    listed(client)
    assert client.delete(f"{LAPSES}/{made['id']}").status_code == 204
    assert client.get(LAPSES).json()["timelapses"] == []
    assert not list(settings.timelapse_dir.glob(f"{made['id']}*"))


def test_a_video_that_says_nothing_is_listed_by_its_name(
    client: TestClient, settings: ArchiverSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From before videos said what they show, or half of one."""
    monkeypatch.setattr(queue, "SCAN_SECONDS", 0.1)
    at = datetime(2026, 10, 3, 4, 5, 6, tzinfo=UTC)
    job_id = new_id("back_door", at)
    (settings.timelapse_dir / f"{job_id}.webm").write_bytes(b"no video")
    wait_until((settings.timelapse_dir / f"{job_id}.json").exists, "it has a record", 30)
    found = client.get(f"{LAPSES}/{job_id}").json()
    assert (found["camera"], found["format"], found["request"]) == ("back_door", "webm", None)
    assert (found["state"], found["bytes"], found["frames"], found["recovered"]) == ("done", 8, 0, True)
    assert datetime.fromisoformat(found["created_at"]) == at
    done(client, asked(client)["id"])
    assert client.get(found["file_url"]).content == b"no video"


def test_nothing_of_a_users_is_swept(client: TestClient, settings: ArchiverSettings) -> None:
    """Only what was begun and not finished is."""
    own = [settings.timelapse_dir / name for name in ("holiday.mp4", "cut.webm", "notes.json", ".hidden.mp4")]
    for path in own:
        path.write_bytes(b"mine")
    half = settings.timelapse_dir / ".tmp-0123456789abcdef.mp4"
    half.write_bytes(b"half")
    done(client, asked(client)["id"])
    assert [path.read_bytes() for path in own] == [b"mine"] * len(own)
    assert not half.exists()
    assert len(client.get(LAPSES).json()["timelapses"]) == 1


def test_a_record_that_may_not_be_read_is_left_as_it_is(
    client: TestClient, settings: ArchiverSettings, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that root restored: it is whole, and hides no other. Root, who may run the tests, may read all."""
    record = record_of(settings, made)

    def read_what_is_allowed(path: Path, max_bytes: int) -> bytes:
        if path == record:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_regular(path, max_bytes)

    with monkeypatch.context() as patch:
        patch.setattr("services.archiver.timelapse.jobs.read_regular", read_what_is_allowed)
        assert [each["state"] for each in client.get(LAPSES).json()["timelapses"]] == ["done"]
        done(client, asked(client)["id"])
    assert client.get(f"{LAPSES}/{made['id']}").json() == made


def job(**changes: Any) -> Job:
    plain = {"request": TimelapseRequest.model_validate(body()), "state": JobState.DONE, "created_at": BEGIN}
    return Job(id=new_id("camera_1", BEGIN), frames=48, fps=24, width=160, height=90, **(plain | changes))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is made durable and renamed, in its order."""
    seen: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        seen.append(f"fsync {Path(f'/proc/self/fd/{descriptor}').readlink().suffix or 'directory'}")

    def renamed(path: Path, target: Path) -> Path:
        seen.append(f"rename {target.suffix}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    return seen


def test_a_record_is_on_the_disk_before_it_has_its_name(tmp_path: Path, calls: list[str]) -> None:
    """Else a file system that writes names first leaves an empty record in place of a whole one."""
    files = JobFiles(tmp_path)
    one = job(state=JobState.QUEUED)
    files.save(one)
    files.save(one.with_(state=JobState.RENDERING), only_existing=True)
    video = files.temporary(".mp4")
    video.write_bytes(b"video")
    files.publish(video, one)
    assert calls == 2 * ["fsync .json", "rename .json", "fsync directory"] + [
        *("fsync .mp4", "rename .mp4", "fsync directory")
    ]


@pytest.fixture
def aged(settings: ArchiverSettings, archive: MadeArchive) -> JobFiles:
    """Finished a year ago: one from before there were automatic ones, one by hand, two automatic ones, one failed."""
    del archive
    files = JobFiles(settings.timelapse_dir)
    ended = datetime.now(UTC) - timedelta(days=365)
    marks = [None, ScheduleMark(entry="daily", period="p"), ScheduleMark(entry="weekly", period="p", keep="2y")]
    for mark in marks:
        each = job(schedule=mark, finished_at=ended)
        files.save(each)
        files.video(each).write_bytes(b"video")
    files.save(job(state=JobState.FAILED, finished_at=ended, error="no"))
    before = job(finished_at=ended)
    plain = json.loads(before.model_dump_json(by_alias=True))
    for name in ("schedule", "recovered", "has_poster"):
        del plain[name]
    (settings.timelapse_dir / f"{before.id}.json").write_text(json.dumps(plain))
    files.video(before).write_bytes(b"video")
    return files


def test_what_somebody_asked_for_stays_and_the_automatic_ones_go_by_their_own_rule(
    settings: ArchiverSettings, aged: JobFiles
) -> None:
    """TIMELAPSE_KEEP, 30 days, took away what somebody had made."""
    with start(settings) as client:
        # The archive's newest frame is weeks old, so the clock is doubted, and in doubt nothing expires.
        assert client.post("/api/camera/retention/clock/confirm").status_code == 200
        wait_until(lambda: len(client.get(LAPSES).json()["timelapses"]) == 3, "the others are gone")
        left = client.get(LAPSES).json()["timelapses"]
    assert sorted(str(each["schedule"]) for each in left) == ["None", "None", "weekly"]
    assert [each["expires_at"] for each in left if each["schedule"] is None] == [None, None]
    assert len(list(aged.root.glob("*.mp4"))) == 3
