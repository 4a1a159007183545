"""Fixtures: an archiver with a made archive that can be asked for time-lapses."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.archiver.app import create_app
from services.archiver.background_jobs import add_background_jobs
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> ArchiverSettings:
    return ArchiverSettings(
        bus_connect=f"ipc://{tmp_path}/bus",
        archive_dir=str(tmp_path / "frames"),
        database_url=sqlite_url,
        timelapse_dir=tmp_path / "timelapses",
    )


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files and the database of two days of hours, to be copied."""
    root = tmp_path_factory.mktemp("two-days")
    (root / "frames").mkdir()
    made_archive(root).hours(BEGIN, range(48))
    return root


@pytest.fixture
def archive(two_days: Path, tmp_path: Path) -> MadeArchive:
    """Two days of hours."""
    shutil.copytree(two_days, tmp_path, dirs_exist_ok=True)
    return made_archive(tmp_path)


def made_archive(root: Path) -> MadeArchive:
    engine = open_engine(f"sqlite:///{root}/db/archive.db")
    upgrade(engine)
    return MadeArchive(FrameFiles(LocalStore(root / "frames")), FrameRows(engine))


def start(settings: ArchiverSettings) -> TestClient:
    """An archiver, to be entered."""
    engine = open_engine(settings.database_url.get_secret_value())
    clock = Clock()
    archiver = Archiver(engine, LocalStore(Path(settings.archive_dir)), settings.bus_connect, clock)
    return TestClient(create_app(archiver, add_background_jobs(archiver, settings, clock)))


@pytest.fixture
def client(settings: ArchiverSettings, archive: MadeArchive) -> Iterator[TestClient]:
    del archive
    with start(settings) as client:
        yield client


def body(**changes: Any) -> dict[str, Any]:
    """All of the archive, quickly rendered."""
    return {"camera": "camera_1", "from": "2026-10-01T00:00:00Z", "to": "2026-10-03T00:00:00Z", "width": 160, **changes}
