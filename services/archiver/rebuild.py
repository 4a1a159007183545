"""`python -m services.archiver.rebuild`: makes the rows of all frames that the archive holds.

A running archiver does the same at its start. This is for whoever wants to see it done and to know of every file that
is not whole: after the database was lost, after files were restored from a backup or copied from another place.
"""

import logging
import sys
import time
from typing import Final

from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine
from services.archiver.db.frames import Catalog
from services.archiver.db.recovery import Findings, Orphans
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.open_store import open_store
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NOT_DONE: Final = 1


def main() -> int:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    engine = open_engine(settings.database_url.get_secret_value())
    catalog = Catalog(engine)
    orphans = Orphans(FrameFiles(open_store(settings)), catalog, time.time_ns)
    try:
        catalog.upgrade()
        orphans.finish_deletions()
        findings = orphans.look_at_everything()
        unreadable = orphans.measure()
    except (DatabaseUnavailableError, StorageUnavailableError) as error:
        sys.stderr.write(f"The rebuild could not be finished: {error}\n")
        return EXIT_NOT_DONE
    finally:
        engine.dispose()
    sys.stdout.write(_report(findings, unreadable))
    return EXIT_NOT_DONE if findings.broken or unreadable else 0


def _report(findings: Findings, unreadable: int) -> str:
    return (
        f"{findings.whole} frames have their rows, {findings.adopted} of them new. "
        f"{findings.broken} broken files were set aside, {findings.strangers} files of others left alone, "
        f"{unreadable} rows have no whole file. The log names each.\n"
    )


if __name__ == "__main__":
    run_service(main)
