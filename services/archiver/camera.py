"""`python -m services.archiver.camera`: lists the archive's cameras, renames one, or forgets one with all its pictures.

It may run beside the archiver. If it is cut short, do it again; a running archiver finishes it at its next start, too.
"""

import argparse
import logging
import re
import sys
import time
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import camera_texts, texts
from services.archiver.base.errors import (
    CameraChangingError,
    DatabaseUnavailableError,
    StorageUnavailableError,
    UnknownCameraError,
)
from services.archiver.base.settings import ArchiverSettings
from services.archiver.clock.judgement import judged_rows
from services.archiver.db.archive_identity import open_archive, upgrade_in_place
from services.archiver.db.cameras import CameraRows
from services.archiver.db.open_database import open_database
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.upkeep.camera_changes import CameraKeeper
from shared.bus.topics import KEY_PATTERN
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1
EXIT_USAGE: Final = 2


def main() -> int:
    given = _arguments()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    engine = open_database(settings)
    try:
        upgrade_in_place(settings, engine)
        return _list(engine) if given.action == "list" else _change(given, settings, engine)
    except UnknownCameraError:
        return _refuse(camera_texts.not_archived(given.key))
    except CameraChangingError as error:
        return _refuse(camera_texts.camera_is_changing(error))
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        return _refuse(camera_texts.camera_change_failed(error))
    finally:
        engine.dispose()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="framecast camera", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the archive's cameras, whether they are configured or not")
    rename = actions.add_parser("rename", help="give a camera's pictures another key, that of another camera included")
    rename.add_argument("key", type=_key)
    rename.add_argument("new_key", type=_key)
    forget = actions.add_parser("forget", help="delete all pictures of a camera, and whatever is known of it")
    forget.add_argument("key", type=_key)
    forget.add_argument("--yes", action="store_true", help="without it nothing is deleted: it says how much would be")
    return parser.parse_args()


def _key(text: str) -> str:
    if not re.fullmatch(KEY_PATTERN, text):
        raise argparse.ArgumentTypeError(camera_texts.no_key(text))
    return text


def _list(engine: Engine) -> int:
    for camera in CameraRows(engine).all():
        stretch = "" if camera.first_at is None else f"  {camera.first_at:%Y-%m-%d} to {camera.last_at:%Y-%m-%d}"
        name = "" if camera.name == camera.key else f"  ({camera.name})"
        sys.stdout.write(f"{camera.key}  {texts.pictures(camera.frames)}  {camera.bytes} bytes{stretch}{name}\n")
    return 0


def _change(given: argparse.Namespace, settings: ArchiverSettings, engine: Engine) -> int:
    new_key = given.new_key if given.action == "rename" else None
    if new_key == given.key:
        return _refuse(camera_texts.same_key(given.key), EXIT_USAGE)
    if new_key is None and not given.yes:
        amount = next((each for each in CameraRows(engine).all() if each.key == given.key), None)
        frames, byte_count = (amount.frames, amount.bytes) if amount else (0, 0)
        return _refuse(camera_texts.would_forget(given.key, frames, byte_count), EXIT_USAGE)
    frame_files = FrameFiles(open_archive(settings, engine), settings.picture_max_pixels)
    takes_back = settings.archive_take_back
    recovery = Recovery(engine, frame_files, time.time_ns, judged_rows(engine, settings), takes_back=takes_back)
    keeper = CameraKeeper(engine, frame_files, recovery)
    keeper.begin(given.key, new_key)
    result = keeper.finish(given.key, new_key)
    sys.stdout.write(f"{result.words}\n")
    return 0 if result.is_complete else EXIT_NOT_DONE


def _refuse(line: str, code: int = EXIT_NOT_DONE) -> int:
    sys.stderr.write(f"{line}\n")
    return code


if __name__ == "__main__":
    run_service(main)
