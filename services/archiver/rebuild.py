"""`python -m services.archiver.rebuild`: makes the rows of all frames in the archive, and reports broken files.

A running archiver does the same at its start. Use this to see it done and to learn of every file that is not whole:
after the database was lost, or after files were restored from a backup or copied from another place.
"""

import logging
import sys
import time
from typing import Final

from services.archiver.base import texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.open_database import open_database
from services.archiver.db.rebuild import rebuild
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.open_store import open_store
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1


def main() -> int:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    engine = open_database(settings)
    frame_files = FrameFiles(open_store(settings), settings.picture_max_pixels)
    try:
        result = rebuild(engine, frame_files, time.time_ns)
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"{texts.rebuild_failed(error)}\n")
        return EXIT_NOT_DONE
    finally:
        engine.dispose()
    scan = result.scan
    text = texts.rebuild_done(scan.whole, scan.adopted, scan.broken, scan.foreign, scan.unchecked, result.unreadable)
    sys.stdout.write(f"{text}\n")
    return 0 if result.is_complete else EXIT_NOT_DONE


if __name__ == "__main__":
    run_service(main)
