"""What ingest tells of the cameras' archive: followed, remembered, and waited for before anything is deleted by age."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from services.archiver.base.camera_rules import CameraRule, CameraRules
from services.archiver.base.retention_policy import Policy
from services.archiver.capture import ingest_rules
from services.archiver.capture.ingest_rules import IngestRules
from services.archiver.db.cameras import CameraRows
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.told_rules import ToldRules
from shared.bus.ingest_report import ArchiveKeys, ArchiveRules, IngestReport
from tests.support.waiting import eventually

UTC = ZoneInfo("UTC")
WEEK = ArchiveKeys(archive_keep="all:7d", archive_max_bytes=5, capture_when="mon-fri 06:00-20:00")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_engine(f"sqlite:///{tmp_path / 'archive.db'}")
    upgrade(made)
    return made


@asynccontextmanager
async def running(engine: Engine, rules: CameraRules, ingests: int = 1) -> AsyncIterator[IngestRules]:
    made = IngestRules(rules, ToldRules(engine), ingests)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await made.drain(10)


def report(archive: ArchiveRules | None, ingest: str = "a") -> IngestReport:
    cameras = tuple(archive or ())
    return IngestReport(ingest=ingest, cameras=cameras, archive=None if archive is None else dict(archive))


async def test_it_is_followed_at_once_and_remembered_also_of_a_camera_that_is_gone(engine: Engine) -> None:
    rules = CameraRules()
    async with running(engine, rules) as told:
        assert not rules.are_known, "a camera may have a rule that keeps more"
        told.hear(report({"garden": WEEK, "door": ArchiveKeys()}))
        assert rules.are_known
        assert rules.rule_of("garden").keep == Policy.parse("all:7d", UTC)
        assert rules.rule_of("garden").max_bytes == 5
        assert rules.rule_of("door") == CameraRule()
        await eventually(lambda: ToldRules(engine).all() == {"garden": WEEK})
        told.hear(report({"door": ArchiveKeys()}))
        assert rules.rule_of("garden").max_bytes == 5
    later = CameraRules()
    async with running(engine, later):
        await eventually(lambda: later.rule_of("garden").max_bytes == 5)
        assert not later.are_known, "it may have changed meanwhile"
        assert ToldRules(engine).were_told()


async def test_where_no_ingest_tells_any_more_the_remembered_rules_go_on_to_hold(engine: Engine) -> None:
    ToldRules(engine).keep({"garden": WEEK}, is_all=True)
    rules = CameraRules()
    async with running(engine, rules, ingests=0):
        assert rules.are_known
        await eventually(lambda: rules.rule_of("garden").max_bytes == 5)


async def test_a_rule_that_is_taken_back_is_forgotten(engine: Engine) -> None:
    rules = CameraRules()
    async with running(engine, rules) as told:
        told.hear(report({"garden": WEEK}))
        await eventually(lambda: "garden" in ToldRules(engine).all())
        told.hear(report({"garden": ArchiveKeys()}))
        assert rules.rule_of("garden") == CameraRule()
        await eventually(lambda: not ToldRules(engine).all())


@pytest.mark.parametrize("rule", [None, ArchiveKeys(archive_keep="nonsense"), ArchiveKeys(capture_when="never")])
async def test_what_can_t_be_read_keeps_everything_of_that_camera(engine: Engine, rule: ArchiveKeys | None) -> None:
    rules = CameraRules()
    async with running(engine, rules) as told:
        told.hear(report({"garden": rule, "door": WEEK}))
        assert rules.rule_of("garden").keep == Policy.parse("all:forever", UTC)
        assert rules.rule_of("door").max_bytes == 5
        assert bool(rules.problems.texts()) == (rule is not None)
        told.hear(report({"garden": WEEK}))
        assert not rules.problems.texts()


async def test_the_archivers_own_file_goes_before(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "cameras.toml"
    path.write_text("[[camera]]\ndevice_key = 'garden'\n")
    rules = CameraRules(path)
    rules.load()
    async with running(engine, rules) as told:
        told.hear(report({"garden": WEEK, "door": WEEK}))
        assert rules.rule_of("garden") == CameraRule(), "it is named there, and says nothing"
        assert rules.rule_of("door").max_bytes == 5


async def test_every_ingest_must_be_heard_and_a_restarted_one_counts_once(engine: Engine) -> None:
    """However soon it was back."""
    rules = CameraRules()
    told = IngestRules(rules, ToldRules(engine), 2)
    told.hear(report(None, "a"))
    told.hear(report(None, "b"))  # the same one after a restart
    told.hear(report(None, "c"))  # and again
    told.hear(report(None, "c"))
    assert not rules.are_known
    told.hear(IngestReport(ingest="d", refusal="CAMERA_FPS is wrong."))
    told.hear(report(None, "c"))
    assert not rules.are_known, "it does not run"
    told.hear(report(None, "e"))
    assert not rules.are_known, "it may be the same one once more"
    told.hear(report(None, "c"))
    assert rules.are_known


async def test_a_silent_ingest_is_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_rules, "SILENT_SECONDS", 0.05)
    rules = CameraRules()
    async with running(engine, rules) as told:
        await eventually(lambda: bool(told.problems.texts()))
        assert "nothing is deleted by age" in told.problems.texts()[0]
        told.hear(report(None))
        assert not told.problems.texts()


def test_a_forgotten_camera_has_no_rule_and_a_renamed_one_keeps_it(engine: Engine) -> None:
    ToldRules(engine).keep({"garden": WEEK, "door": WEEK}, is_all=True)
    CameraRows(engine).forget_rest("garden")
    CameraRows(engine).copy_rule("door", "gate")
    CameraRows(engine).rename_rest("door", "gate")
    assert ToldRules(engine).all() == {"gate": WEEK}


async def test_pictures_that_got_another_key_have_its_rule_before_the_next_are_deleted(engine: Engine) -> None:
    rules = CameraRules()
    async with running(engine, rules) as told:
        told.hear(report({"door": WEEK, "hall": ArchiveKeys()}))
        await eventually(lambda: "door" in ToldRules(engine).all())
        for new_key in ("gate", "hall"):
            CameraRows(engine).copy_rule("door", new_key)
        await told.refresh()
        assert rules.rule_of("gate").max_bytes == 5
        assert rules.rule_of("hall") == CameraRule(), "ingest has said so"
