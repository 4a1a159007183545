"""What is told beforehand: what the archive takes, and what will be deleted of which camera, and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.retention_policy import Policy
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.outlook import YEAR_SECONDS, CameraOutlook, Deletion, Outlook
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = BEGIN + 10 * DAY


@pytest.fixture
def archive(frame_files: FrameFiles, frame_rows: FrameRows) -> MadeArchive:
    return MadeArchive(frame_files, frame_rows)


def told(engine: Engine, keep: str, max_bytes: int = 0, rules: CameraRules | None = None) -> list[CameraOutlook]:
    forecaster = Forecaster(engine, Policy.parse(keep, ZoneInfo("UTC")), max_bytes, rules)
    return Outlook(forecaster, forecaster.usage(), forecaster.forecast(NOW, 30), NOW, 30).cameras()


def size_of(rows: list[ArchivedFrame]) -> int:
    return sum(row.bytes + (row.thumbnail_bytes or 0) for row in rows)


def test_what_a_camera_takes_a_year_follows_from_what_it_took_lately(engine: Engine, archive: MadeArchive) -> None:
    """And by default nothing will be deleted."""
    rows = archive.hours(BEGIN, range(0, 240, 12))
    (camera,) = told(engine, "all:forever")
    assert camera.bytes_a_year == pytest.approx(size_of(rows) * YEAR_SECONDS / (10 * DAY).total_seconds(), rel=0.01)
    assert camera.deletions == ()


def test_the_first_frame_stands_for_its_slot(engine: Engine, archive: MadeArchive) -> None:
    """A camera that was set up a second ago does not fill the disk tomorrow."""
    rows = archive.hours(NOW - timedelta(seconds=4), [0])
    (camera,) = told(engine, "all:forever")
    assert camera.bytes_a_year == pytest.approx(size_of(rows) * 24 * 365, rel=0.01)


def test_a_camera_that_has_long_been_away_takes_nothing(engine: Engine, archive: MadeArchive) -> None:
    """Its old frames are no measure."""
    archive.hours(BEGIN - 100 * DAY, range(3))
    assert [camera.bytes_a_year for camera in told(engine, "all:forever")] == [0]


def test_what_goes_by_age_is_told_by_camera_with_its_stretch_and_its_time(engine: Engine, archive: MadeArchive) -> None:
    """Before it goes. Kept frames are not in it, nor is the newest."""
    attic = archive.hours(BEGIN, range(0, 96, 24), camera_key="attic")
    archive.hours(NOW - DAY, [0], camera_key="porch")
    archive.frame_rows.set_kept([attic[0].path], is_kept=True)
    one, other = told(engine, "all:15d")
    assert (one.used.kept_frames, one.used.kept_bytes) == (1, size_of(attic[:1]))
    going = attic[1:3]
    first, last = going[0].captured_at, going[-1].captured_at
    assert one.deletions == (Deletion(True, 2, size_of(going), first, last, first + 15 * DAY),)
    assert other.deletions == ()


def test_what_a_limit_will_cost_is_told_before_it_is_reached(
    engine: Engine, archive: MadeArchive, tmp_path: Path
) -> None:
    """If frames go on to come as they did. Here half of the limit is full after ten days."""
    rows = archive.hours(BEGIN, range(0, 240, 24), camera_key="attic")
    file = tmp_path / "cameras.toml"
    file.write_text(f"[[camera]]\ndevice_key = 'attic'\narchive_max_bytes = {2 * size_of(rows)}\n")
    rules = CameraRules(file)
    rules.load()
    for camera in (*told(engine, "all:forever", 2 * size_of(rows)), *told(engine, "all:forever", rules=rules)):
        (deletion,) = camera.deletions
        assert not deletion.is_by_age
        assert deletion.oldest == rows[0].captured_at
        assert abs(deletion.first_at - (NOW + 10 * DAY)) < DAY
        assert deletion.frames == len(rows) - 1, "30 days bring thrice as many, and the newest stays"


def test_a_limit_that_is_far_is_not_told_of(engine: Engine, archive: MadeArchive) -> None:
    """There is room for a year."""
    rows = archive.hours(BEGIN, range(0, 240, 24))
    (camera,) = told(engine, "all:forever", 37 * size_of(rows))
    assert camera.deletions == ()
