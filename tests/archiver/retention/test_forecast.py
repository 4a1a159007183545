"""The plan applied to real rows: what is due, and what is foretold."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from services.archiver.base.retention_policy import Policy
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.forecast import Forecaster
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
