"""`python -m services.archiver.demo`: makes months of hourly frames of a growing plant, in about a minute.

They are stored like captured frames, by the archiver's settings. So everything works on them: the timeline,
time-lapses, retention, a rebuild. Several processes paint; this one inserts the rows.
"""

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import demo_texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.capture.slots import slot_at
from services.archiver.db.archive_identity import open_archive
from services.archiver.db.engine import writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows, insert_new
from services.archiver.db.gaps import GapRows, insert_gap
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.open_database import open_database
from services.archiver.db.slot_report import SlotReport
from services.archiver.demo.painting import save_pictures
from services.archiver.demo.season import HOUR_SECONDS, Season
from services.archiver.files.frame_files import StoredFrame
from services.archiver.files.paths import path_of
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1
USUAL_DAYS: Final = 120
MOST_DAYS: Final = 1500
_AT_ONCE: Final = 48
_PAINTERS: Final = 2  # for each processor: while one waits for the disk, another paints


def main() -> int:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    arguments = _arguments()
    settings = load_settings(ArchiverSettings)
    engine = open_database(settings)
    end = slot_at(time.time_ns(), HOUR_SECONDS).start_seconds
    season = Season(end - arguments.days * 24 * HOUR_SECONDS, end)
    begun = time.monotonic()
    try:
        open_archive(settings, engine)
        present = FrameRows(engine).count(FrameQuery(arguments.camera))
        if present and not arguments.add:
            sys.stderr.write(f"{demo_texts.demo_refused(present, arguments.camera)}\n")
            return EXIT_NOT_DONE
        count = _make(settings, engine, arguments.camera, season)
        _insert_camera(engine, arguments.camera, season)
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{demo_texts.demo_failed(error)}\n")
        return EXIT_NOT_DONE
    finally:
        engine.dispose()
    seconds = time.monotonic() - begun
    sys.stdout.write(f"{demo_texts.demo_done(count, arguments.camera, arguments.days, seconds)}\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo-archive", description="Make months of hourly pictures to try out."
    )
    parser.add_argument("--days", type=int, default=USUAL_DAYS, help=f"how many, up to now (default {USUAL_DAYS})")
    parser.add_argument("--camera", default="camera_1", help="the camera that they are of (default camera_1)")
    parser.add_argument("--add", action="store_true", help="also where the camera has pictures already: they stay")
    arguments = parser.parse_args()
    if not 1 <= arguments.days <= MOST_DAYS:
        parser.error(f"--days must be from 1 to {MOST_DAYS}")
    try:
        path_of(arguments.camera, 0)
    except ValueError as error:
        parser.error(f"--camera: {error}")
    return arguments


def _make(settings: ArchiverSettings, engine: Engine, camera_key: str, season: Season) -> int:
    """Make the frames; how many. Rows follow their files, a few days at a time."""
    count = 0
    spawned = multiprocessing.get_context("spawn")
    save = partial(save_pictures, settings, camera_key, season)
    with ProcessPoolExecutor(_PAINTERS * (os.cpu_count() or 1), spawned) as painters:
        for files in painters.map(save, _batches(season)):
            _insert(engine, files)
            count += len(files)
    return count


def _batches(season: Season) -> Iterator[Sequence[int]]:
    slots = list(season.slots())
    return (slots[first : first + _AT_ONCE] for first in range(0, len(slots), _AT_ONCE))


def _insert(engine: Engine, files: Sequence[StoredFrame]) -> None:
    """A running archiver may have found one of the files first, and inserted its row."""
    with writing(engine) as session:
        insert_new(session, [ArchivedFrame.of(file, datetime.now(UTC)) for file in files])


def _insert_camera(engine: Engine, camera_key: str, season: Season) -> None:
    """Insert its gaps, and the camera itself unless an archiver knows it already."""
    with writing(engine) as session:
        for missed in season.missed:
            insert_gap(session, camera_key, HOUR_SECONDS, missed)
    gap_rows = GapRows(engine)
    if all(camera.key != camera_key for camera in gap_rows.cameras()):
        now = datetime.now(UTC)
        gap_rows.record(SlotReport(camera_key, camera_key, HOUR_SECONDS, season.begin, season.end, now))


if __name__ == "__main__":
    run_service(main)
