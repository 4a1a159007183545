"""The clock as commands see it."""

import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.archiver.base.clock_doubt import DoubtKind
from services.archiver.base.epoch import EPOCH
from services.archiver.base.settings import ArchiverSettings
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.clock import judgement
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from shared.clock import Clock
from tests.archiver.clock.world import capture


class Server:
    """Another computer, whose clock is a day behind."""

    name = "PostgreSQL"
    contradicts = True
    confirms = True
    never_blocks = False

    def utc_ns(self) -> int | None:
        return (datetime.now(UTC) - EPOCH - timedelta(days=1)) // timedelta(microseconds=1) * 1000


def test_a_command_doubts_a_clock_that_a_server_contradicts_until_a_person_has_confirmed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the archiver does, which deletes nothing by age then: `framecast retention --now` must not either."""
    monkeypatch.setattr(judgement, "witnesses_of", lambda *_: [Server()])
    settings = ArchiverSettings(archive_dir=str(tmp_path), database_url=f"sqlite:///{tmp_path}/archive.db")
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    upgrade(engine)
    clock = judgement.judged_clock(engine, settings)
    doubt = clock.doubt()
    assert doubt is not None
    assert doubt.kind is DoubtKind.CONTRADICTED
    clock.confirm()
    ClockRows(engine, clock).settle()
    assert judgement.judged_clock(engine, settings).doubt() is None
    engine.dispose()


def test_a_command_that_takes_in_files_marks_those_of_a_boot_that_a_server_contradicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rescan`, `rebuild` and `camera` judge as the archiver does, and not by the rows alone."""
    (tmp_path / "frames").mkdir()
    settings = ArchiverSettings(archive_dir=str(tmp_path / "frames"), database_url=f"sqlite:///{tmp_path}/archive.db")
    engine = open_engine(f"sqlite:///{tmp_path}/archive.db")
    upgrade(engine)
    clock = TrustedClock(Clock())
    clock.confirm()
    frame_files = FrameFiles(LocalStore(tmp_path / "frames"))
    row = capture(clock, frame_files, FrameRows(engine))
    stored = frame_files.describe(FrameName("camera_1", row.slot_start))
    assert stored is not None
    assert not judgement.judged_rows(engine, settings)(stored).doubtful
    monkeypatch.setattr(judgement, "witnesses_of", lambda *_: [Server()])
    assert judgement.judged_rows(engine, settings)(stored).doubtful
    engine.dispose()


@pytest.mark.parametrize("command", ["rescan", "camera"])
def test_the_commands_ask_that_judgement(command: str) -> None:
    """Both by the one function."""
    module = importlib.import_module(f"services.archiver.{command}")
    assert module.judged_rows is judgement.judged_rows
