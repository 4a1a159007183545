"""The clock as commands see it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.archiver.base.clock_doubt import DoubtKind
from services.archiver.base.epoch import EPOCH
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock import judgement
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.engine import open_engine, upgrade


class Server:
    """Another computer, whose clock is a day behind."""

    name = "PostgreSQL"
    contradicts = True

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
