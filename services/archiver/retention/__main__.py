"""`python -m services.archiver.retention`: `--dry-run` prints what is due to be deleted; `--now` deletes it at once.

The archiver itself deletes what is overdue at a share of the archive a day. `--now` has no such limit.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from services.archiver.base import camera_texts, clock_texts, retention_texts, texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Subject
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock.judgement import judged_clock
from services.archiver.db.archive_identity import is_away, open_archive, upgrade_in_place
from services.archiver.db.engine import sqlite_file
from services.archiver.db.frames import FrameRows
from services.archiver.db.open_database import open_database
from services.archiver.db.told_rules import ToldRules
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.cleaner import Cleaner
from services.archiver.retention.daily_share import DailyShare
from services.archiver.retention.forecast import Forecaster, total_of
from services.archiver.retention.queries import Usage
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.archiver.retention", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dry-run", action="store_true", help="print what is due, and delete nothing")
    what.add_argument("--now", action="store_true", help="delete all that is due, without the daily limit")
    arguments = parser.parse_args()
    settings = load_settings(ArchiverSettings)
    engine = open_database(settings)
    rules = CameraRules.loaded(settings)
    forecaster = Forecaster.of(settings, engine, rules)
    file = sqlite_file(engine.url)
    if file is not None and not file.exists() and not is_away(engine, settings):
        sys.stderr.write(f"{retention_texts.no_archive_yet(file)}\n")
        return EXIT_NOT_DONE
    try:
        if arguments.now:
            upgrade_in_place(settings, engine)
        if settings.bus_control is not None:
            _take_told(rules, ToldRules(engine))
        clock = judged_clock(engine, settings)
        doubt = clock.doubt()
        if doubt is not None:
            sys.stderr.write(f"{clock_texts.clock_in_doubt(f'{from_ns(clock.clock.utc_ns()):%Y-%m-%d}', doubt)}\n")
        if arguments.dry_run:
            _print(forecaster, from_ns(clock.clock.utc_ns()))
        elif doubt is not None:
            return EXIT_NOT_DONE
        else:
            files, share = (
                FrameFiles(open_archive(settings, engine)),
                DailyShare(engine, settings.archive_delete_percent),
            )
            cleaner = Cleaner(forecaster, FrameRows(engine), files, clock, share)
            sys.stdout.write(f"{retention_texts.deleted(asyncio.run(cleaner.clean(everything=True)))}\n")
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{texts.database_fails(error)}\n")
        return EXIT_NOT_DONE
    return 0


def _take_told(rules: CameraRules, rows: ToldRules) -> None:
    """The rules that the archiver has heard from ingest."""
    rules.waits_for_ingest = not rows.were_told()
    rules.take_told(rows.all())
    if rules.waits_for_ingest:
        rules.problems.report(Subject.CAMERA_RULES, camera_texts.INGEST_TOLD_NOTHING)


def _print(forecaster: Forecaster, now: datetime) -> None:
    """A line for each picture that would go; then what stays whatever its age, and sums by camera and of all."""
    going: dict[str, Usage] = defaultdict(Usage)
    for expiry in forecaster.due(now):
        frame = expiry.frame
        going[frame.camera_key].add(Usage(1, frame.byte_count))
        at = f"{frame.captured_at.astimezone(forecaster.policy.zone):%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"{frame.camera_key}  {at}  {frame.byte_count} bytes  picture {frame.id}  ({expiry.why})\n")
    for line in _summary(forecaster, going):
        sys.stdout.write(f"{line}\n")


def _summary(forecaster: Forecaster, going: Mapping[str, Usage]) -> Iterator[str]:
    usage = forecaster.usage()
    total, all_going = total_of(usage), total_of(going)
    if total.kept_frames:
        yield retention_texts.kept_stay(total.kept_frames, total.kept_bytes)
    yield from forecaster.rules.problems.texts()
    yield from forecaster.unmet_limits(usage)
    for key in usage:
        rule, of_camera = forecaster.rules.rule_of(key), going.get(key, Usage())
        if len(usage) > 1 or rule.keep or rule.max_bytes:
            keep = forecaster.policy_of(key)
            yield retention_texts.would_go_of_camera(key, keep, rule.max_bytes, of_camera.frames, of_camera.bytes)
    yield retention_texts.would_go(forecaster.policy, all_going.frames, all_going.bytes)


if __name__ == "__main__":
    run_service(main)
