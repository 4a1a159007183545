"""Fixtures: an archive directory, a database brought up to date, and its catalog."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from services.archiver.catalog import Catalog
from services.archiver.database import open_engine, upgrade
from services.archiver.storage import FrameStore


@pytest.fixture
def store(tmp_path: Path) -> FrameStore:
    (tmp_path / "frames").mkdir()
    return FrameStore(tmp_path / "frames")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/db/archive.db"


@pytest.fixture
def engine(database_url: str) -> Engine:
    """Of a database that does not exist yet."""
    return open_engine(database_url)


@pytest.fixture
def catalog(engine: Engine) -> Catalog:
    upgrade(engine)
    return Catalog(engine)
