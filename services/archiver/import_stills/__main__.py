"""`python -m services.archiver.import_stills DIR --camera KEY`: shows what would be taken; with `--go` it takes it."""

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.base import import_texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.retention_policy import Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.archive_identity import open_archive, open_archive_to_read
from services.archiver.db.frames import FrameRows
from services.archiver.db.open_database import open_database
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import path_of
from services.archiver.files.webp import WebpOptions
from services.archiver.import_stills.importer import Fate, Importer, Outcome
from services.archiver.import_stills.name_times import NamePattern
from services.archiver.import_stills.still_folder import StillFolder
from services.archiver.import_stills.still_times import Doubt, FoundTime, TimeFinder, TimeSource
from shared.lifecycle import run_service
from shared.settings import load_settings
from shared.time_zone import check_zone

EXIT_NOT_ALL: Final = 1
NICE: Final = 10
_DOUBTS: Final = {Doubt.TWICE: import_texts.FIRST_OF_TWO, Doubt.NEVER: import_texts.NEVER_SHOWN}


def main() -> int:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    arguments = _arguments()
    settings = load_settings(ArchiverSettings)
    os.nice(NICE)  # so that captures go first
    zone = ZoneInfo(arguments.time_zone or settings.archive_time_zone)
    finder = TimeFinder(arguments.time, zone, arguments.pattern)
    engine = open_database(settings)
    webp = WebpOptions(settings.archive_webp_quality, settings.archive_webp_method)
    folder, report = StillFolder(arguments.folder), _Report(zone)
    try:
        store = open_archive(settings, engine) if arguments.go else open_archive_to_read(settings, engine)
        frame_files = FrameFiles(store, settings.picture_max_pixels)
        rows = FrameRows(engine) if arguments.go else None
        report.follow(Importer(arguments.camera, frame_files, finder, webp, rows).run(folder))
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{import_texts.import_stopped(error)}\n")
        return EXIT_NOT_ALL
    except KeyboardInterrupt:
        sys.stderr.write(f"{import_texts.import_stopped(import_texts.INTERRUPTED)}\n")
        return EXIT_NOT_ALL
    finally:
        engine.dispose()
    for path, reason in folder.unreadable:
        report.line(path, import_texts.not_readable(reason))
    own = CameraRules.loaded(settings).rule_of(arguments.camera)
    keep = own.keep or Policy.parse(settings.archive_keep, zone)
    is_limited = bool(settings.archive_max_bytes or own.max_bytes)
    report.finish(arguments.go, folder, None if keep.keeps_everything and not is_limited else keep)
    return EXIT_NOT_ALL if report.fates[Fate.REFUSED] or folder.unreadable else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="framecast import-stills", description="Take stills into a camera's archive.")
    parser.add_argument(
        "folder", type=_folder, metavar="DIR", help="a folder of JPEG, PNG and WebP files, of any depth"
    )
    parser.add_argument("--camera", type=_camera, required=True, metavar="KEY", help="the camera that they become")
    parser.add_argument("--go", action="store_true", help="do it; without, it only shows what would be done")
    parser.add_argument(
        "--time", type=_sources, metavar="LIST", help="where times are from, in this order: exif,name,file (exif,name)"
    )
    parser.add_argument(
        "--pattern",
        type=_pattern,
        help="the names' pattern, such as %%Y-%%m-%%d/%%H-%%M-%%S; %%s is epoch seconds, and * stands for anything",
    )
    parser.add_argument(
        "--time-zone", type=_zone, metavar="ZONE", help="of times without an offset (ARCHIVE_TIME_ZONE)"
    )
    arguments = parser.parse_args()
    if arguments.time is None:
        usual = (TimeSource.EXIF, TimeSource.NAME)
        arguments.time = usual if arguments.pattern is None else usual[::-1]
    return arguments


def _folder(text: str) -> Path:
    if not os.access(text, os.R_OK | os.X_OK) or not Path(text).is_dir():
        raise argparse.ArgumentTypeError(import_texts.no_folder(text))
    return Path(text)


def _camera(text: str) -> str:
    try:
        path_of(text, 0)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _sources(text: str) -> tuple[TimeSource, ...]:
    try:
        return tuple(TimeSource(part.strip()) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no list of exif, name and file") from None


def _pattern(text: str) -> NamePattern:
    try:
        return NamePattern.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _zone(text: str) -> str:
    try:
        return check_zone(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


class _Report:
    """A line for each still, and a summary at the end."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.fates: Counter[Fate] = Counter()
        self._zone = zone
        self._taken: list[FoundTime] = []

    def follow(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.fates[outcome.fate] += 1
            if outcome.fate is Fate.TAKEN and outcome.time is not None:
                self._taken.append(outcome.time)
                self.line(outcome.still.path, f"{self._moment(outcome.time)} -> {outcome.words}")
            else:
                self.line(outcome.still.path, outcome.words)

    def line(self, path: str, words: str) -> None:
        """Names are a stranger's: what is not to be printed becomes a question mark."""
        text = f"{path}  {words}".encode(errors="replace").decode()
        sys.stdout.write("".join(letter if letter.isprintable() else "?" for letter in text) + "\n")

    def finish(self, done: bool, folder: StillFolder, keep: Policy | None) -> None:
        told = [import_texts.import_summary(done, *(self.fates[fate] for fate in Fate))]
        if self._taken:
            instants = [found.instant.astimezone(self._zone) for found in self._taken]
            sources = Counter(found.source for found in self._taken)
            counts = ", ".join(f"{source} {count}" for source, count in sources.most_common())
            doubts = Counter(found.doubt for found in self._taken)
            told += [
                import_texts.stretch(min(instants), max(instants)),
                import_texts.times_from(counts, self._zone),
                import_texts.doubtful(doubts[Doubt.TWICE], doubts[Doubt.NEVER]).strip(),
                import_texts.soon_deleted(keep) if keep is not None else "",
            ]
        if folder.links or folder.other_files:
            told.append(import_texts.left_out(folder.links, folder.other_files))
        told.append("" if done else import_texts.DRY_RUN)
        sys.stdout.writelines(f"{sentence}\n" for sentence in told if sentence)

    def _moment(self, found: FoundTime) -> str:
        at = f"{found.instant.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z} ({found.source})"
        return f"{at} ({_DOUBTS[found.doubt]})" if found.doubt is not None else at


if __name__ == "__main__":
    run_service(main)
