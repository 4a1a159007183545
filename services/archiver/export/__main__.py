"""`python -m services.archiver.export DEST`: copies a range of the archive elsewhere, with its rows.

DEST is a directory or s3://bucket/prefix. The files get the paths that they have in the archive, so DEST can be made an
archive. Nothing in the archive changes, and an archiver may run beside it.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from services.archiver.base import export_texts, texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageFullError, StorageUnavailableError
from services.archiver.base.local_time import ONE_DAY, at_local
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.archive_identity import open_archive_to_read
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.open_database import open_database
from services.archiver.export.copying import Copied, Copying
from services.archiver.export.rows_file import RowsFile, RowsFormat
from services.archiver.export.target import open_target
from services.archiver.files.frame_files import FrameFiles
from shared.errors import ConfigurationError, FramecastError
from shared.lifecycle import run_service
from shared.settings import load_settings

MIDNIGHT: Final = time()
EXIT_NOT_DONE: Final = 1


def main() -> int:
    arguments = _arguments()
    settings = load_settings(ArchiverSettings)
    query = _query(arguments, ZoneInfo(settings.archive_time_zone))
    target = open_target(arguments.dest, settings)
    try:
        _refuse_missing_database(settings.database_url.get_secret_value())
        rows = RowsFile(target, arguments.rows)
    except FramecastError as error:
        return _not_done(texts.database_fails(error) if isinstance(error, DatabaseUnavailableError) else str(error))
    engine = open_database(settings)
    frame_files = FrameFiles(open_archive_to_read(settings, engine), settings.picture_max_pixels)
    copying = Copying(FrameRows(engine), frame_files, target, rows)
    stopped = _copy(copying, rows, [replace(query, camera_key=key) for key in arguments.camera or [None]])
    troubles = list(_troubles(copying.result))
    if copying.result.in_doubt:
        sys.stderr.write(f"{export_texts.export_leaves_doubtful(copying.result.in_doubt)}\n")
    for line in troubles:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        f"{export_texts.export_done(copying.result.new, copying.result.present, arguments.dest, rows.name)}\n"
    )
    if stopped or not copying.result.count:
        return _not_done(stopped or export_texts.NOTHING_TO_EXPORT)
    return EXIT_NOT_DONE if troubles else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="framecast export", description="Copy a range of the archive elsewhere, with its rows."
    )
    parser.add_argument("dest", metavar="DEST", help="a directory, or s3://bucket/prefix")
    parser.add_argument("--from", dest="since", metavar="TIME", help="captured at this time or later; a day: all of it")
    parser.add_argument("--to", dest="until", metavar="TIME", help="captured before this time; a day: all of it")
    parser.add_argument(
        "--camera", action="append", metavar="KEY", help="this camera alone; may be given several times"
    )
    parser.add_argument(
        "--rows",
        type=RowsFormat,
        choices=list(RowsFormat),
        default=RowsFormat.CSV,
        help="how the rows are written (csv)",
    )
    return parser.parse_args()


def _query(arguments: argparse.Namespace, zone: ZoneInfo) -> FrameQuery:
    """The range, up to now at the most: what arrives later is for the next export. Raises ConfigurationError."""
    now = datetime.now(UTC)
    since = None if arguments.since is None else _instant("--from", arguments.since, zone, day_ends=False)
    until = now if arguments.until is None else min(now, _instant("--to", arguments.until, zone, day_ends=True))
    if since is not None and since > until:
        raise ConfigurationError(export_texts.EXPORT_TIMES_SWAPPED)
    return FrameQuery(since=since, until=until)


def _instant(name: str, text: str, zone: ZoneInfo, *, day_ends: bool) -> datetime:
    """A day or a time of the archive's zone, or a time with an offset."""
    try:
        if len(text) == len("2026-11-22"):
            return at_local(date.fromisoformat(text) + (ONE_DAY if day_ends else timedelta()), MIDNIGHT, zone)
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(export_texts.no_export_time(name, text)) from None


def _refuse_missing_database(url: str) -> None:
    """To open an SQLite database that is not there would make one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise DatabaseUnavailableError(export_texts.NO_DATABASE_FILE)


def _copy(copying: Copying, rows: RowsFile, queries: Sequence[FrameQuery]) -> str | None:
    """Copy, and write the rows of what is there in the end; in words, what stopped it before the end."""
    stopped = None
    try:
        for query in queries:
            copying.copy(query)
    except StorageFullError as error:
        stopped = export_texts.export_target_full(error)
    except StorageUnavailableError as error:
        stopped = export_texts.export_stopped(error)
    except DatabaseUnavailableError as error:
        stopped = export_texts.export_stopped(texts.database_fails(error))
    try:
        rows.write()
    except StorageUnavailableError as error:
        stopped = stopped or export_texts.export_stopped(error)
    return stopped


def _troubles(result: Copied) -> Iterator[str]:
    """A line for each frame that is not at the target, and what there is of them."""
    yield from (export_texts.export_missing(path) for path in result.missing)
    yield from (export_texts.export_damaged(path) for path in result.damaged)
    yield from (export_texts.export_other(path) for path in result.other)
    if result.missing or result.damaged or result.other:
        yield export_texts.export_incomplete(len(result.missing), len(result.damaged), len(result.other))


def _not_done(words: str) -> int:
    sys.stderr.write(f"{words}\n")
    return EXIT_NOT_DONE


if __name__ == "__main__":
    run_service(main)
