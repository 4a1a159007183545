"""`python -m services.archiver.rescan`: compares the archive's files and rows, and says what is gone, damaged or new.

It takes in files that have no row, as the archiver does at its start, and changes nothing else unless it is told to. It
may run beside the archiver.
"""

import argparse
import json
import logging
import sys
import time
from typing import Final

from services.archiver.base import rescan_texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock.judgement import judged_rows
from services.archiver.db.archive_identity import open_archive
from services.archiver.db.open_database import open_database
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.upkeep.report import RescanReport
from services.archiver.upkeep.rescan import Rescan, RescanOptions
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_WRONG: Final = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="framecast rescan", description=__doc__)
    parser.add_argument("--sizes-only", action="store_true", help="read no file: finds what is gone or cut short, fast")
    parser.add_argument("--drop-missing", action="store_true", help="take out the rows whose files are gone")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    given = parser.parse_args()
    return run(RescanOptions(not given.sizes_only, given.drop_missing), as_json=given.json)


def run(options: RescanOptions, *, as_json: bool = False) -> int:
    """Rescan by the settings and print the report; the exit code. Also behind `framecast rebuild`."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    try:
        report = _rescanned(settings, options)
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{rescan_texts.rescan_failed(error)}\n")
        return EXIT_WRONG
    text = json.dumps(report.as_json(), indent=2) if as_json else "\n".join(report.words())
    sys.stdout.write(f"{text}\n")
    return 0 if report.is_right else EXIT_WRONG


def _rescanned(settings: ArchiverSettings, options: RescanOptions) -> RescanReport:
    engine = open_database(settings)
    try:
        frame_files = FrameFiles(open_archive(settings, engine), settings.picture_max_pixels)
        takes_back = settings.archive_take_back
        recovery = Recovery(engine, frame_files, time.time_ns, judged_rows(engine, settings), takes_back=takes_back)
        return Rescan(engine, frame_files, recovery, options).run()
    finally:
        engine.dispose()


if __name__ == "__main__":
    run_service(main)
