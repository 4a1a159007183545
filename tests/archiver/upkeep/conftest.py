"""Fixtures: an archive made quickly, and a rescan of it."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from services.archiver.db.frames import FrameRows
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.upkeep.report import RescanReport
from services.archiver.upkeep.rescan import Rescan, RescanOptions
from tests.support.archive import MadeArchive


@pytest.fixture
def archive(frame_files: FrameFiles, frame_rows: FrameRows) -> MadeArchive:
    return MadeArchive(frame_files, frame_rows)


@pytest.fixture
def recovery(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> Recovery:
    del frame_rows  # it has made the tables
    return Recovery(engine, frame_files, time.time_ns)


@pytest.fixture
def rescan(engine: Engine, frame_files: FrameFiles, recovery: Recovery) -> Callable[..., RescanReport]:
    """Rescan with these options."""

    def run(**options: bool) -> RescanReport:
        return Rescan(engine, frame_files, recovery, RescanOptions(**options)).run()

    return run
