"""The demo archive: months of made-up frames that are as good as captured ones."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from services.archiver.db.engine import open_engine
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.demo.plant import paint
from services.archiver.demo.season import HOUR_SECONDS, Season
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import thumbnail_path_of
from services.archiver.files.webp import read_webp

ROOT = Path(__file__).parents[2]
DAYS = 4
BEGIN = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())


def make(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "ARCHIVE_DIR": str(directory / "frames"),
        "DATABASE_URL": f"sqlite:///{directory}/archive.db",
    }
    command = [sys.executable, "-m", "services.archiver.demo", "--days", str(DAYS), *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("demo")
    done = make(directory)
    assert done.returncode == 0, done.stderr
    assert "pictures of camera_1, 4 days" in done.stdout
    return directory


def test_every_frame_is_whole_and_every_slot_accounted_for(made: Path) -> None:
    """Each row describes its file, with label, thumbnail and measures; and a slot without a frame is in a gap."""
    engine = open_engine(f"sqlite:///{made}/archive.db")
    frame_files = FrameFiles(LocalStore(made / "frames"))
    rows, _ = FrameRows(engine).page(FrameQuery("camera_1", limit=500))
    gaps, _ = GapRows(engine).gaps(GapQuery("camera_1"))
    engine.dispose()
    for row in rows:
        found = read_webp(frame_files.image(row))
        assert (found.captured_at, found.interval_seconds) == (row.captured_at, HOUR_SECONDS)
        assert row.brightness is not None
        assert row.perceptual_hash is not None
        assert len(frame_files.store.read(thumbnail_path_of(row.path))) == row.thumbnail_bytes
    missed = sum((gap.end_seconds - gap.start_seconds) // HOUR_SECONDS for gap in gaps)
    assert len(rows) + missed == DAYS * 24
    assert {"camera offline", "archiver down", "camera frozen", "disk full", "deleted"} <= {gap.reason for gap in gaps}


def test_a_camera_with_frames_is_left_alone_unless_asked(tmp_path: Path) -> None:
    """What a real camera saw is not mixed with make-believe by a slip of the finger."""
    assert make(tmp_path, "--days", "1").returncode == 0
    refused = make(tmp_path, "--days", "1")
    assert refused.returncode == 1
    assert "--add" in refused.stderr
    added = make(tmp_path, "--days", "1", "--add")
    assert added.returncode == 0, added.stderr


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--camera", "../etc")])
def test_what_cannot_be_made_is_refused_in_words(tmp_path: Path, arguments: tuple[str, str]) -> None:
    """Before anything is written."""
    refused = make(tmp_path, *arguments)
    assert refused.returncode == 2
    assert arguments[0] in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_plant_grows_but_for_a_standstill() -> None:
    """From a seed to its full height, never back."""
    season = Season(BEGIN, BEGIN + 100 * 24 * HOUR_SECONDS)
    growth = [season.growth(BEGIN + day * 24 * HOUR_SECONDS) for day in range(101)]
    assert (growth[0], growth[100]) == (0, 1)
    assert growth == sorted(growth)
    assert growth[51] == growth[55] < growth[57]


def test_troubles_never_overlap_however_short_the_season() -> None:
    """So each hour has one reason."""
    for days in (1, 2, 10, 365):
        missed = Season(BEGIN, BEGIN + days * 24 * HOUR_SECONDS).missed
        for one, other in pairwise(missed):
            assert one.stretch.end <= other.stretch.start


def test_noon_is_light_and_midnight_dark() -> None:
    """The picture changes with day and night, and with what has grown."""
    noon, midnight = datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 1, 0, tzinfo=UTC)

    def mean(at: datetime) -> float:
        histogram = paint(at, 0.5).convert("L").histogram()
        return sum(level * count for level, count in enumerate(histogram)) / sum(histogram)

    assert mean(noon) > 90
    assert mean(midnight) < 40
    assert paint(noon, 0.1).tobytes() != paint(noon, 0.9).tobytes()
