"""`python -m services.archiver.retention --dry-run`: prints what the archiver would delete now, and deletes nothing."""

import argparse
import sys
from datetime import datetime
from typing import Final

from services.archiver.base import texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine
from services.archiver.retention.forecast import Forecaster
from shared.clock import Clock
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NO_DATABASE: Final = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.archiver.retention", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", required=True, help="the one thing it does")
    parser.parse_args()
    settings = load_settings(ArchiverSettings)
    forecaster = Forecaster.of(settings, open_engine(settings.database_url.get_secret_value()))
    try:
        _print(forecaster, from_ns(Clock().utc_ns()))
    except DatabaseUnavailableError as error:
        sys.stderr.write(f"{texts.database_fails(error)}\n")
        return EXIT_NO_DATABASE
    return 0


def _print(forecaster: Forecaster, now: datetime) -> None:
    """A line for each frame that would go, what stays whatever its age, and the sum."""
    count = byte_count = 0
    for expiry in forecaster.due(now):
        frame = expiry.frame
        count, byte_count = count + 1, byte_count + frame.byte_count
        at = f"{frame.captured_at.astimezone(forecaster.policy.zone):%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"{frame.camera_key}  {at}  {frame.byte_count} bytes  frame {frame.id}  ({expiry.why})\n")
    usage = forecaster.usage()
    kept = [texts.kept_stay(usage.kept_frames, usage.kept_bytes)] if usage.kept_frames else []
    for line in (*kept, *forecaster.unmet_limits(), texts.would_go(forecaster.policy, count, byte_count)):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    run_service(main)
