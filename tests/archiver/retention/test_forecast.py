"""The plan applied to real rows: what is due, and what is foretold."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.retention_policy import Policy
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.plan import OVER_OWN_BUDGET
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = BEGIN + 20 * DAY


def forecaster(engine: Engine, keep: str, max_bytes: int = 0) -> Forecaster:
    return Forecaster(engine, Policy.parse(keep, ZoneInfo("UTC")), max_bytes)


@pytest.fixture
def archive(frame_files: FrameFiles, frame_rows: FrameRows) -> MadeArchive:
    return MadeArchive(frame_files, frame_rows)


def test_by_default_nothing_goes(engine: Engine, archive: MadeArchive) -> None:
    """Not in a hundred years."""
    archive.hours(BEGIN, range(3))
    default = forecaster(engine, "all:forever")
    assert list(default.due(BEGIN + 36500 * DAY)) == []
    assert default.forecast(BEGIN, 3660).days == ()


def test_the_forecast_says_how_much_goes_on_which_day(engine: Engine, archive: MadeArchive) -> None:
    """And the next ones by name."""
    rows = archive.hours(NOW - 6 * DAY, range(0, 6 * 24, 6))
    forecast = forecaster(engine, "all:5d").forecast(NOW, 2)
    assert (
        [(ahead.day, ahead.frames) for ahead in forecast.days]
        == [
            (NOW.date(), 8),  # four are overdue
            (NOW.date() + DAY, 4),
            (NOW.date() + 2 * DAY, 0),
        ][: len(forecast.days)]
    )
    assert forecast.next[0].frame.id == rows[0].id
    assert forecast.days[0].bytes == sum(row.bytes + (row.thumbnail_bytes or 0) for row in rows[:8])


def with_rules(engine: Engine, file: Path, rules: str, keep: str = "all:forever", max_bytes: int = 0) -> Forecaster:
    """For the camera `attic` these rules, for all others the settings."""
    file.write_text(f"[[camera]]\ndevice_key = 'attic'\n{rules}\n")
    of_cameras = CameraRules(file)
    of_cameras.load()
    return Forecaster(engine, Policy.parse(keep, ZoneInfo("UTC")), max_bytes, of_cameras)


def test_a_camera_may_be_kept_shorter_or_longer_than_the_others(
    engine: Engine, archive: MadeArchive, tmp_path: Path
) -> None:
    """Its own tiers hold for it alone."""
    attic = archive.hours(BEGIN, range(3), camera_key="attic")
    porch = archive.hours(BEGIN, range(3), camera_key="porch")
    shorter = with_rules(engine, tmp_path / "one.toml", "archive_keep = 'all:5d'")
    assert [each.frame.id for each in shorter.due(NOW)] == [row.id for row in attic[:-1]]
    longer = with_rules(engine, tmp_path / "other.toml", "archive_keep = 'all:forever'", keep="all:5d")
    assert [each.frame.id for each in longer.due(NOW)] == [row.id for row in porch[:-1]]


def test_a_cameras_own_limit_costs_its_oldest_and_no_other_cameras(
    engine: Engine, archive: MadeArchive, tmp_path: Path
) -> None:
    """Whoever was first: the other camera's frames are older."""
    archive.hours(BEGIN - DAY, range(3), camera_key="porch")
    attic = archive.hours(BEGIN, range(4), camera_key="attic")
    used = sum(row.bytes + (row.thumbnail_bytes or 0) for row in attic)
    limited = with_rules(engine, tmp_path / "cameras.toml", f"archive_max_bytes = {used - 1}")
    assert [(each.frame.id, each.why) for each in limited.due(NOW)] == [(attic[0].id, OVER_OWN_BUDGET)]


def test_the_limit_of_all_stays_above_the_cameras_own(engine: Engine, archive: MadeArchive, tmp_path: Path) -> None:
    """What a camera's own limit takes counts for it, and no frame goes twice."""
    attic = archive.hours(BEGIN, range(3), camera_key="attic")
    porch = archive.hours(BEGIN + timedelta(hours=1), range(3), camera_key="porch")
    sizes = [row.bytes + (row.thumbnail_bytes or 0) for row in (*attic, *porch)]
    rule = f"archive_max_bytes = {sum(sizes[:3]) - 1}"
    both = with_rules(engine, tmp_path / "cameras.toml", rule, max_bytes=sum(sizes) - sizes[0] - 1)
    assert [each.frame.id for each in both.due(NOW)] == [attic[0].id, attic[1].id]


def test_kept_frames_beyond_a_cameras_own_limit_are_said_with_its_key(
    engine: Engine, archive: MadeArchive, tmp_path: Path
) -> None:
    """And nothing is deleted for that limit."""
    rows = archive.hours(BEGIN, range(3), camera_key="attic")
    archive.frame_rows.set_kept([rows[0].path], is_kept=True)
    limited = with_rules(engine, tmp_path / "cameras.toml", "archive_max_bytes = 1")
    assert list(limited.due(NOW)) == []
    (words,) = limited.unmet_limits(limited.usage())
    assert "of the camera 'attic'" in words
    assert "more than its archive_max_bytes = 1" in words


def test_while_the_cameras_rules_are_not_known_nothing_goes_by_age(
    engine: Engine, archive: MadeArchive, tmp_path: Path
) -> None:
    """One of them may say to keep what the settings would delete. The limit of all goes on, so that no disk fills."""
    rows = archive.hours(BEGIN, range(3))
    rules = CameraRules(tmp_path / "none.toml")
    rules.load()
    policy = Policy.parse("all:1d", ZoneInfo("UTC"))
    assert list(Forecaster(engine, policy, 0, rules).due(NOW)) == []
    total = archive.frame_rows.total_bytes()
    assert [each.frame.id for each in Forecaster(engine, policy, total - 1, rules).due(NOW)] == [rows[0].id]
