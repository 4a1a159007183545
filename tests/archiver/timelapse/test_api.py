"""Time-lapses over HTTP: asked for, foretold, rendered, played in parts, cancelled, kept over a restart, let go."""

import asyncio
import errno
import fcntl
import io
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import av
import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from services.archiver.base.settings import ArchiverSettings
from services.archiver.timelapse import formats, queue
from services.archiver.timelapse.jobs import Job, JobFiles, JobState, new_id
from services.archiver.timelapse.request import TimelapseRequest
from shared.web import client_log
from tests.archiver.timelapse.conftest import BEGIN, body, start
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until

LAPSES = "/api/camera/timelapses"
ENDLESS = {"width": 3840, "height": 2160, "fps": 1}


def asked(client: TestClient, **changes: Any) -> dict[str, Any]:
    answer = client.post(LAPSES, json=body(**changes))
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def state_of(client: TestClient, job_id: str) -> str:
    return str(client.get(f"{LAPSES}/{job_id}").json()["state"])


def done(client: TestClient, job_id: str) -> dict[str, Any]:
    wait_until(lambda: state_of(client, job_id) in ("done", "failed"), "it has ended", 60)
    found: dict[str, Any] = client.get(f"{LAPSES}/{job_id}").json()
    assert found["state"] == "done", found["error"]
    return found


def test_what_is_foretold_is_what_comes(client: TestClient) -> None:
    """Frames, length and size, to the frame."""
    foretold = client.post(f"{LAPSES}/estimate", json=body(fps=12)).json()
    assert foretold | {"found": 48, "frames": 48, "length_seconds": 4.0, "width": 160, "height": 90} == foretold
    made = done(client, asked(client, fps=12)["id"])
    assert {name: made[name] for name in ("frames", "length_seconds", "width", "height")} == {
        name: foretold[name] for name in ("frames", "length_seconds", "width", "height")
    }
    assert (made["done"], made["skipped"], made["progress"], made["error"]) == (48, 0, 1.0, None)
    content = client.get(made["file_url"]).content
    assert len(content) == made["bytes"]
    assert made["bytes"] / 6 < foretold["bytes"] < made["bytes"] * 6
    with av.open(io.BytesIO(content), "r") as container:
        assert len(list(container.decode(video=0))) == 48


def test_daylight_and_once_a_day_choose_frames(client: TestClient, archive: MadeArchive) -> None:
    """Manual captures are not among them."""
    archive.frame(BEGIN + timedelta(hours=12, minutes=1), interval_seconds=None)

    def frames(**changes: Any) -> int:
        return int(client.post(f"{LAPSES}/estimate", json=body(**changes)).json()["frames"])

    assert frames() == 48
    assert 10 < frames(daylight=True) < 40
    assert frames(daily_at="12:00") == 2
    assert frames(daily_at="00:30", tz="Europe/Berlin") == 2


def test_a_player_may_ask_for_a_part(client: TestClient) -> None:
    """That is how it jumps."""
    made = done(client, asked(client)["id"])
    whole = client.get(made["file_url"])
    part = client.get(made["file_url"], headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{made['bytes']}"
    assert client.get(made["file_url"], headers={"Range": "bytes=99999999-"}).status_code == 416
    head = client.head(made["file_url"])
    assert (head.status_code, head.headers["accept-ranges"], head.headers["content-type"]) == (
        200,
        "bytes",
        "video/mp4",
    )


def test_a_damaged_picture_is_left_out_and_counted(client: TestClient, archive: MadeArchive, tmp_path: Path) -> None:
    """The rest is shown."""
    del archive
    damaged = next((tmp_path / "frames").rglob("*T05????Z.webp"))
    damaged.write_bytes(damaged.read_bytes()[:-20])
    made = done(client, asked(client)["id"])
    assert (made["done"], made["skipped"]) == (48, 1)
    assert made["length_seconds"] == pytest.approx(47 / 24)


def test_cancelling_ends_the_render_and_leaves_nothing(client: TestClient, settings: ArchiverSettings) -> None:
    """Neither a file nor a record, while others go on."""
    first, second = asked(client, **ENDLESS), asked(client)
    wait_until(lambda: state_of(client, first["id"]) == "rendering", "it renders", 20)
    assert client.delete(f"{LAPSES}/{first['id']}").status_code == 204
    assert client.get(f"{LAPSES}/{first['id']}").status_code == 404
    done(client, second["id"])
    names = {file.name.partition(".")[0] for file in settings.timelapse_dir.iterdir() if not file.name.startswith(".")}
    assert names == {second["id"]}
    assert not list(settings.timelapse_dir.glob(".tmp-*"))


def test_a_finished_one_survives_a_restart_and_can_be_deleted(settings: ArchiverSettings, archive: MadeArchive) -> None:
    """The directory is all there is to it."""
    del archive
    with start(settings) as client:
        made = done(client, asked(client)["id"])
    with start(settings) as client:
        assert client.get(LAPSES).json()["timelapses"] == [made]
        assert client.delete(f"{LAPSES}/{made['id']}").status_code == 204
        assert client.get(LAPSES).json()["timelapses"] == []
        assert not [file for file in settings.timelapse_dir.iterdir() if file.suffix in (".json", ".mp4", ".jpg")]


def test_a_render_that_the_archivers_end_interrupted_is_begun_anew(
    settings: ArchiverSettings, archive: MadeArchive
) -> None:
    """An orderly end does not count against it."""
    del archive
    for _ in range(3):
        with start(settings) as client:
            job_id = client.get(LAPSES).json()["timelapses"][0]["id"] if _ else asked(client, **ENDLESS)["id"]
            wait_until(lambda: state_of(client, job_id) == "rendering", "it renders", 20)  # noqa: B023
    assert JobFiles(settings.timelapse_dir).all()[0].state is JobState.QUEUED
    assert not list(settings.timelapse_dir.glob(".tmp-*"))


def interrupted(settings: ArchiverSettings, attempts: int) -> Job:
    """As a killed archiver leaves it: said to be rendering, with half a video."""
    job = Job(
        id=new_id("camera_1", BEGIN),
        request=TimelapseRequest.model_validate(body()),
        state=JobState.RENDERING,
        created_at=BEGIN,
        attempts=attempts,
        frames=48,
        fps=24,
        width=160,
        height=90,
    )
    files = JobFiles(settings.timelapse_dir)
    files.save(job)
    files.temporary(".webm").write_bytes(b"half")
    return job


def test_after_a_kill_it_is_begun_anew_and_half_a_file_is_swept(
    settings: ArchiverSettings, archive: MadeArchive
) -> None:
    """Once."""
    del archive
    job = interrupted(settings, attempts=1)
    with start(settings) as client:
        done(client, job.id)
    assert not list(settings.timelapse_dir.glob(".tmp-*"))


def test_after_a_second_kill_it_has_failed(settings: ArchiverSettings, archive: MadeArchive) -> None:
    """It may have been the cause."""
    del archive
    job = interrupted(settings, attempts=2)
    with start(settings) as client:
        wait_until(lambda: state_of(client, job.id) == "failed", "it is given up")
        assert "twice" in client.get(f"{LAPSES}/{job.id}").json()["error"]


def test_two_archivers_share_the_queue_and_one_renders(settings: ArchiverSettings, archive: MadeArchive) -> None:
    """And both show the same."""
    del archive
    with start(settings) as one, start(settings) as other:
        first, second = asked(one), asked(other)
        for client in (one, other):
            assert done(client, first["id"]) | {"state": "done"} == done(other, first["id"])
            assert done(client, second["id"])["frames"] == 48
        assert [job.attempts for job in JobFiles(settings.timelapse_dir).all()] == [1, 1]


def test_too_many_waiting_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """With when to try again; the log names the limit once."""
    monkeypatch.setattr(queue, "MOST_WAITING", 1)
    monkeypatch.setattr(client_log, "_limits", client_log.ClientLog(client_log.LIMIT_SECONDS))
    first = asked(client, **ENDLESS)
    wait_until(lambda: state_of(client, first["id"]) == "rendering", "it renders", 20)
    asked(client)
    with capture_logs() as lines:
        for _ in range(2):
            refused = client.post(LAPSES, json=body())
            assert refused.status_code == 429
            assert "cancel one" in refused.json()["detail"]
            assert refused.headers["retry-after"]
    assert [line["limit"] for line in lines if line["event"] == "limit met"] == ["time-lapses that wait"]


def test_requests_that_come_together_find_no_more_room_than_one_by_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once counted the others before any of them was queued."""
    monkeypatch.setattr(queue, "MOST_WAITING", 2)
    first = asked(client, **ENDLESS)
    wait_until(lambda: state_of(client, first["id"]) == "rendering", "it renders", 20)
    with ThreadPoolExecutor(8) as clients:
        answers = [answer.status_code for answer in clients.map(lambda _: client.post(LAPSES, json=body()), range(8))]
    assert sorted(answers) == [202] * 2 + [429] * 6


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (body(to="2026-09-01T00:00:00Z"), "'from' must be before 'to'"),
        (body(fps=1000), "fps"),
        (body(camera="../x"), "camera"),
        (body(tz="Mars/Olympus"), "no time zone"),
        (body(camera="nobody"), "No archived picture fits"),
        ({"camera": "camera_1"}, "from"),
    ],
)
@pytest.mark.parametrize("path", [LAPSES, f"{LAPSES}/estimate"])
def test_what_cannot_be_made_is_refused_in_words(
    client: TestClient, path: str, body: dict[str, Any], words: str
) -> None:
    """Before it is queued."""
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("job_id", ["nobody", "..%2f..%2fetc%2fpasswd", "camera_1_20261001T000000Z_abcdef", "%00"])
@pytest.mark.parametrize("rest", ["", "/file"])
def test_an_id_that_is_none_leads_nowhere(client: TestClient, job_id: str, rest: str) -> None:
    """Least of all out of the directory."""
    assert client.get(f"{LAPSES}/{job_id}{rest}").status_code in (404, 422)
    assert client.delete(f"{LAPSES}/{job_id}").status_code in (404, 405, 422)


def test_an_unfinished_one_has_no_file_yet(client: TestClient) -> None:
    """And says so."""
    job = asked(client, **ENDLESS)
    answer = client.get(f"{LAPSES}/{job['id']}/file")
    assert answer.status_code == 409
    assert "no file yet" in answer.json()["detail"]


def test_without_the_encoder_it_says_what_to_install(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not for every archiver; an animated WebP can always be had."""
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    refused = client.post(LAPSES, json=body())
    assert refused.status_code == 501
    assert "timelapse" in refused.json()["detail"]
    assert client.post(LAPSES, json=body(format="webp", deflicker=True)).status_code == 501
    why_not = {each["format"]: each["why_not"] for each in client.get(LAPSES).json()["formats"]}
    assert why_not["webm"]
    assert why_not["h264"]
    assert why_not["webp"] is None
    assert done(client, asked(client, format="webp")["id"])["frames"] == 48


def test_an_ffmpeg_of_the_operators_does_without_the_built_in_encoder(
    settings: ArchiverSettings, archive: MadeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TIMELAPSE_FFMPEG, for an installation without the extra."""
    del archive
    monkeypatch.setattr(formats, "find_spec", lambda _: None)
    with start(settings.model_copy(update={"timelapse_ffmpeg": "ffmpeg"})) as client:
        why_not = {each["format"]: each["why_not"] for each in client.get(LAPSES).json()["formats"]}
    assert why_not["h264"] is None
    assert why_not["webm"]


def test_below_the_floor_of_free_space_nothing_is_rendered(settings: ArchiverSettings, archive: MadeArchive) -> None:
    """The disk belongs to the captures."""
    del archive
    floor = shutil.disk_usage(settings.archive_dir).total * 2
    with start(settings.model_copy(update={"archive_min_free_bytes": floor})) as client:
        job = asked(client)
        wait_until(lambda: state_of(client, job["id"]) == "failed", "it is given up")
        assert "ARCHIVE_MIN_FREE_BYTES" in client.get(f"{LAPSES}/{job['id']}").json()["error"]


@pytest.mark.parametrize(
    ("module", "name", "number"),
    [
        (asyncio, "create_subprocess_exec", errno.ENOMEM),
        (asyncio, "create_subprocess_exec", errno.EAGAIN),
        (shutil, "disk_usage", errno.EIO),
        (shutil, "disk_usage", errno.ENOENT),
        (fcntl, "flock", errno.ENOLCK),
    ],
)
def test_what_the_machine_refuses_is_waited_for(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, module: object, name: str, number: int
) -> None:
    """In words, and by the time-lapse alone: the recording goes on. No attempt is counted for it."""
    monkeypatch.setattr(queue, "SCAN_SECONDS", 0.1)
    with monkeypatch.context() as fault:
        fault.setattr(module, name, refusing(number))
        job_id = asked(client)["id"]
        wait_until(lambda: os.strerror(number) in problems(client), "it is told")
        assert state_of(client, job_id) == "queued"
    assert done(client, job_id)["frames"] == 48
    wait_until(lambda: "ime-lapses" not in problems(client), "it is over")


def test_half_a_video_that_cannot_be_deleted_stops_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that is read-only all of a sudden. It is swept later."""
    unlink = Path.unlink

    def unlink_others(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".mp4":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_others)
    done(client, asked(client)["id"])
    done(client, asked(client)["id"])


def refusing(number: int) -> Any:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return refuse


def problems(client: TestClient) -> str:
    return " ".join(client.get("/readyz").json()["problems"])


def test_a_record_that_is_broken_hides_no_other(client: TestClient, settings: ArchiverSettings) -> None:
    """Somebody edited it, or the disk is old. An id that leads elsewhere once served, and deleted, a file there."""
    made = done(client, asked(client)["id"])
    (settings.timelapse_dir / f"{new_id('camera_1', BEGIN)}.json").write_text(json.dumps({"id": "?"}))
    job = JobFiles(settings.timelapse_dir).all()[0].with_(id=new_id("camera_1", BEGIN))
    without_offset = job.with_(created_at=BEGIN.replace(tzinfo=None)).model_dump_json(by_alias=True)
    (settings.timelapse_dir / f"{job.id}.json").write_text(without_offset)
    elsewhere = JobFiles(settings.timelapse_dir).all()[0].with_(id="../../outside").model_dump_json(by_alias=True)
    outside = f"{new_id('camera_1', BEGIN)}"
    (settings.timelapse_dir / f"{outside}.json").write_text(elsewhere)
    assert client.get(f"{LAPSES}/{outside}/file").status_code == 404
    assert client.get(LAPSES).json()["timelapses"] == [made]


def test_the_interface_describes_itself(client: TestClient) -> None:
    """For /docs."""
    paths = client.get("/openapi.json").json()["paths"]
    assert {LAPSES, f"{LAPSES}/estimate", f"{LAPSES}/{{job_id}}/file", "/api/camera/retention"} <= set(paths)


def test_what_will_go_is_told(client: TestClient) -> None:
    """Here nothing, by default."""
    told = client.get("/api/camera/retention").json()
    assert told["keep"] == "all:forever"
    assert (told["days"], told["next"], told["max_bytes"]) == ([], [], None)
    assert told["bytes"] > 0
    assert told["free_bytes"] > 0
    assert client.get("/api/camera/retention?days=0").status_code == 422
