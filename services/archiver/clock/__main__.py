"""`python -m services.archiver.clock`: whether this computer's clock is trusted, and what a wrong one left behind."""

import argparse
import logging
import sys
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import clock_texts, retention_texts, texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock.clean_up import take_out
from services.archiver.clock.judgement import judged_clock
from services.archiver.db.archive_identity import open_archive, upgrade_in_place
from services.archiver.db.clock_leftovers import ClockLeftovers
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.open_database import open_database
from services.archiver.files.frame_files import FrameFiles
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1


def main() -> int:
    arguments = _arguments()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    engine = open_database(settings)
    try:
        return _run(arguments, settings, engine)
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{texts.database_fails(error)}\n")
        return EXIT_NOT_DONE
    finally:
        engine.dispose()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.archiver.clock", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--confirm", action="store_true", help="the clock is right now: this ends a doubt")
    what.add_argument("--take-out", action="store_true", help="delete the pictures in doubt, and mend gaps and marks")
    what.add_argument(
        "--keep", action="store_true", help="the dates of the pictures in doubt are right: show them again"
    )
    return parser.parse_args()


def _run(arguments: argparse.Namespace, settings: ArchiverSettings, engine: Engine) -> int:
    upgrade_in_place(settings, engine)
    clock = judged_clock(engine, settings)
    rows, leftovers = ClockRows(engine, clock), ClockLeftovers(engine)
    if arguments.confirm:
        clock.confirm()
    now = from_ns(clock.clock.utc_ns())
    doubt = clock.doubt()
    if doubt is not None:
        sys.stderr.write(f"{clock_texts.clock_in_doubt(f'{now:%Y-%m-%d %H:%M}', doubt)}\n")
        return EXIT_NOT_DONE
    rows.settle()
    if arguments.keep:
        rows.believe()
    for frame in leftovers.frames():
        sys.stdout.write(f"{frame.camera_key}  {frame.captured_at:%Y-%m-%d %H:%M:%S} UTC  {frame.path}\n")
    found = leftovers.find(now)
    sys.stdout.write(f"{clock_texts.clock_trusted(f'{now:%Y-%m-%d %H:%M}')}\n")
    sys.stdout.write(f"{clock_texts.leftovers(found.frames, len(found.gaps), len(found.cameras))}\n")
    if arguments.take_out:
        take_out(engine, FrameFiles(open_archive(settings, engine)), clock)
        left = leftovers.find(now)
        kept = retention_texts.kept_stay(left.frames, left.bytes) if left.frames else clock_texts.TAKEN_OUT
        sys.stdout.write(f"{kept}\n")
    return 0


if __name__ == "__main__":
    run_service(main)
