"""`framecast import-stills`, as a person starts it."""

import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import ExifTags, Image

from services.archiver.base.retention_policy import Policy
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame, FrameKind
from services.archiver.retention.plan import expiries
from services.archiver.retention.queries import RetentionQueries
from services.archiver.timelapse.queries import plan
from services.archiver.timelapse.request import TimelapseRequest
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, noise
from tests.archiver.test_rebuild import rebuilt
from tests.archiver.test_service import ROOT, environment, running
from tests.support.waiting import wait_until

TEN_UTC = datetime(2024, 5, 1, 10, tzinfo=UTC)


def imported(env: dict[str, str], folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.archiver.import_stills", str(folder), "--camera", "porch", *more]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def rows(env: dict[str, str]) -> list[ArchivedFrame]:
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    found = list(FrameRows(engine).page(FrameQuery(oldest_first=True, limit=500))[0])
    engine.dispose()
    return found


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's bytes and its time."""
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}


def put(folder: Path, name: str, content: bytes | None = None) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(jpeg_of() if content is None else content)
    return file


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "place", ARCHIVE_TIME_ZONE="Europe/Berlin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two days of stills, one by its EXIF, and what lies about in such folders."""
    root = tmp_path / "old"
    put(root, "2024-05-01/12-00-00.jpg")
    put(root, "2024-05-01/13-00-00.jpg")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"  # Pillow takes one without for empty
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:02 12:00:00"
    file = io.BytesIO()
    noise().save(file, "JPEG", exif=exif)
    put(root, "deep/er/DSC0001.JPG", file.getvalue())
    put(root, "2024-05-01/notes.txt", b"x")
    (root / "lastsnap.jpg").symlink_to(root / "2024-05-01/13-00-00.jpg")
    return root


def test_by_default_it_shows_what_it_would_do_and_does_nothing(env: dict[str, str], folder: Path) -> None:
    """Nobody knows beforehand whether the times are right."""
    before = contents(folder)
    done = imported(env, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "2024-05-01/12-00-00.jpg  2024-05-01 12:00:00 CEST (name) -> porch/2024/05/01/porch_20240501T100000.000Z.webp"
        in (done.stdout)
    )
    assert "3 stills would be taken, 0 are doubles, 0 can't be taken." in done.stdout
    assert "from: name 2, exif 1. Times without an offset were read as times of Europe/Berlin." in done.stdout
    assert "1 links are not followed, and 1 files are no JPEG, PNG or WebP" in done.stdout
    assert rows(env) == []
    assert not list(Path(env["ARCHIVE_DIR"]).rglob("*.webp"))
    assert contents(folder) == before


def test_with_go_the_stills_become_frames_and_the_originals_stay(env: dict[str, str], folder: Path) -> None:
    """Each with its row and its thumbnail, as any frame."""
    before = contents(folder)
    done = imported(env, folder, "--go")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 stills were taken" in done.stdout
    found = rows(env)
    assert [row.captured_at for row in found] == [TEN_UTC, TEN_UTC + timedelta(hours=1), TEN_UTC + timedelta(days=1)]
    for row in found:
        assert (row.camera_key, row.kind, row.slot_start) == ("porch", "imported", None)
        content = (Path(env["ARCHIVE_DIR"]) / row.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row.sha256
        assert row.thumbnail_bytes
    assert contents(folder) == before


def test_done_again_it_takes_only_what_is_new(env: dict[str, str], folder: Path) -> None:
    """After an interruption, or as the other program goes on; also after one between a file and its row."""
    imported(env, folder, "--go")
    first = rows(env)
    put(folder, "2024-05-03/12-00-00.jpg")
    engine = open_engine(env["DATABASE_URL"])
    FrameRows(engine).delete([first[0].id or 0], leave_gaps=False)
    FrameRows(engine).deletions_done([first[0].path])
    engine.dispose()
    done = imported(env, folder, "--go")
    assert "1 stills were taken, 3 are doubles, 0 can't be taken." in done.stdout
    assert [row.path for row in rows(env)][:3] == [row.path for row in first]
    assert len(rows(env)) == 4


def test_stills_of_one_second_are_all_taken_and_the_same_picture_once(env: dict[str, str], tmp_path: Path) -> None:
    """Programs number them; and the newest picture often lies about a second time."""
    root, same = tmp_path / "old", jpeg_of()
    for number in range(3):
        put(root, f"01-20240501120000-0{number}.jpg")
    put(root, "01-20240501120000-03.jpg", same)
    put(root, "latest/20240501120000.jpg", same)
    done = imported(env, root, "--go")
    assert "4 stills were taken, 1 are doubles, 0 can't be taken." in done.stdout
    assert "latest/20240501120000.jpg  the same as 01-20240501120000-03.jpg" in done.stdout
    assert [row.captured_at - TEN_UTC for row in rows(env)] == [timedelta(milliseconds=each) for each in range(4)]
    assert "0 stills were taken, 5 are doubles" in imported(env, root, "--go").stdout


def test_what_cannot_be_taken_is_named_with_its_reason_and_the_others_are_taken(
    env: dict[str, str], tmp_path: Path
) -> None:
    """The exit code says so, too."""
    root = tmp_path / "old"
    put(root, "2024-05-01_12-00-00.jpg")
    put(root, "2024-05-01_13-00-00.jpg", jpeg_of()[:300])
    put(root, "2024-05-01_14-00-00.png", b"no picture")
    put(root, "2024-05-01_15-00-00.jpg", jpeg_of(noise(1200, 1000)))
    put(root, "1970-01-01_00-00-12.jpg")
    put(root, "2099-01-01_00-00-00.jpg")
    put(root, "image.jpg")
    done = imported(env | {"PICTURE_MAX_PIXELS": "1000000"}, root, "--go")
    assert done.returncode == 1
    assert "1 stills were taken, 0 are doubles, 6 can't be taken." in done.stdout
    told = dict(line.split("  ", 1) for line in done.stdout.splitlines() if ".jpg" in line or ".png" in line)
    assert "1200 x 1000 pixels" in told["2024-05-01_15-00-00.jpg"]
    assert "before 1990" in told["1970-01-01_00-00-12.jpg"]
    assert "in the future" in told["2099-01-01_00-00-00.jpg"]
    assert "tells no time" in told["image.jpg"]
    assert len(rows(env)) == 1


def test_a_files_own_time_counts_only_when_it_is_asked_for(env: dict[str, str], tmp_path: Path) -> None:
    """A copy's own time is that of the copying."""
    file = put(tmp_path / "old", "image.jpg")
    os.utime(file, (TEN_UTC.timestamp(), TEN_UTC.timestamp()))
    done = imported(env, tmp_path / "old", "--time", "exif,name,file")
    assert "2024-05-01 12:00:00 CEST (file)" in done.stdout


def test_a_doubtful_hour_is_told(env: dict[str, str], tmp_path: Path) -> None:
    """At the still, and in the summary."""
    put(tmp_path / "old", "2024-10-27_02-30-00.jpg")
    done = imported(env, tmp_path / "old")
    assert "2024-10-27 02:30:00 CEST (name) (clocks showed this hour twice, the first one is taken)" in done.stdout
    assert "1 times were shown twice by the clocks" in done.stdout
    assert "twice" not in imported(env, tmp_path / "old", "--time-zone", "UTC").stdout


@pytest.mark.parametrize(
    "arguments",
    [["--camera", "Not A Key"], ["--pattern", "%Y"], ["--time", "moon"], ["--time-zone", "Mars/Base"], ["/none/such"]],
)
def test_arguments_that_cannot_be_used_are_refused_before_anything_is_looked_at(
    env: dict[str, str], tmp_path: Path, arguments: list[str]
) -> None:
    """With code 2, and in the last line why."""
    command = [sys.executable, "-m", "services.archiver.import_stills", str(tmp_path), "--camera", "porch", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_rebuild_makes_the_same_rows(env: dict[str, str], folder: Path) -> None:
    """The files say that they are imported."""
    imported(env, folder, "--go")
    before = [row.model_dump(exclude={"id", "created_at"}) for row in rows(env)]
    Path(env["DATABASE_URL"].removeprefix("sqlite:///")).unlink()
    assert rebuilt(env).returncode == 0
    assert [row.model_dump(exclude={"id", "created_at"}) for row in rows(env)] == before


def test_beside_a_running_archiver_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """It captures meanwhile, for the same camera too."""
    place = tmp_path / "place"
    place.mkdir()
    env, root = environment(place), tmp_path / "old"
    for minute in range(20):
        put(root, f"2024-05-01_12-{minute:02}-00.jpg")
    camera = ScriptedCamera([jpeg_of() for _ in range(30)], interval_seconds=1, key="porch")
    with ScriptedBus(f"ipc://{place}/bus", [camera]).running(), running(env):
        done = imported(env, root, "--go")
        wait_until(lambda: any(row.kind == FrameKind.SLOT for row in rows(env)), "it captures")
    assert "20 stills were taken" in done.stdout
    paths = [row.path for row in rows(env) if row.kind == FrameKind.IMPORTED]
    assert len(paths) == len(set(paths)) == 20
    assert all((Path(env["ARCHIVE_DIR"]) / path).is_file() for path in paths)


def test_retention_and_time_lapses_treat_imported_frames_as_others(env: dict[str, str], folder: Path) -> None:
    """A manual capture stays for ever and is in no time-lapse; years of stills must not."""
    imported(env, folder, "--go")
    engine = open_engine(env["DATABASE_URL"])
    queries = RetentionQueries(engine)
    frames = list(queries.oldest_first("porch"))
    policy = Policy.parse("all:30d", ZoneInfo("UTC"))
    assert [each.why for each in expiries(frames, policy, queries.newest())] == [
        "all:30d",
        "all:30d",
        "the newest of its camera",
    ]
    request = TimelapseRequest.model_validate(
        {"camera": "porch", "from": "2024-05-01T00:00:00Z", "to": "2024-05-03T00:00:00Z"}
    )
    assert plan(engine, request).found == 3
    engine.dispose()
