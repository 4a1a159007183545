"""`python -m services.archiver.retention --dry-run`: prints what the archiver would delete now, and deletes nothing."""

import argparse
import sys
from collections.abc import Iterable
from typing import Final

from services.archiver.base import texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.retention_policy import Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.open_database import open_database
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.plan import Expiry
from shared.clock import Clock
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NO_DATABASE: Final = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.archiver.retention", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", required=True, help="the one thing it does")
    parser.parse_args()
    settings = load_settings(ArchiverSettings)
    forecaster = Forecaster.of(settings, open_database(settings))
    try:
        _print(forecaster.due(from_ns(Clock().utc_ns())), forecaster.policy)
    except DatabaseUnavailableError as error:
        sys.stderr.write(f"{texts.database_fails(error)}\n")
        return EXIT_NO_DATABASE
    return 0


def _print(due: Iterable[Expiry], policy: Policy) -> None:
    count = byte_count = 0
    for expiry in due:
        frame = expiry.frame
        count, byte_count = count + 1, byte_count + frame.byte_count
        at = f"{frame.captured_at.astimezone(policy.zone):%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"{frame.camera_key}  {at}  {frame.byte_count} bytes  frame {frame.id}  ({expiry.why})\n")
    sys.stdout.write(f"{texts.would_go(policy, count, byte_count)}\n")


if __name__ == "__main__":
    run_service(main)
