"""`python -m services.archiver.retention --dry-run`: prints what the archiver would delete now, and deletes nothing."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from services.archiver.base import texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine
from services.archiver.retention.forecast import Forecaster, total_of
from services.archiver.retention.queries import Usage
from shared.clock import Clock
from shared.lifecycle import run_service
from shared.settings import load_settings

EXIT_NO_DATABASE: Final = 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.archiver.retention", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", required=True, help="the one thing it does")
    parser.parse_args()
    settings = load_settings(ArchiverSettings)
    rules = CameraRules.loaded(settings)
    forecaster = Forecaster.of(settings, open_engine(settings.database_url.get_secret_value()), rules)
    try:
        _print(forecaster, from_ns(Clock().utc_ns()))
    except DatabaseUnavailableError as error:
        sys.stderr.write(f"{texts.database_fails(error)}\n")
        return EXIT_NO_DATABASE
    return 0


def _print(forecaster: Forecaster, now: datetime) -> None:
    """A line for each frame that would go; then what stays whatever its age, and sums by camera and of all."""
    going: dict[str, Usage] = defaultdict(Usage)
    for expiry in forecaster.due(now):
        frame = expiry.frame
        going[frame.camera_key].add(Usage(1, frame.byte_count))
        at = f"{frame.captured_at.astimezone(forecaster.policy.zone):%Y-%m-%d %H:%M:%S %Z}"
        sys.stdout.write(f"{frame.camera_key}  {at}  {frame.byte_count} bytes  frame {frame.id}  ({expiry.why})\n")
    for line in _summary(forecaster, going):
        sys.stdout.write(f"{line}\n")


def _summary(forecaster: Forecaster, going: Mapping[str, Usage]) -> Iterator[str]:
    usage = forecaster.usage()
    total, all_going = total_of(usage), total_of(going)
    if total.kept_frames:
        yield texts.kept_stay(total.kept_frames, total.kept_bytes)
    yield from forecaster.rules.problems.texts()
    yield from forecaster.unmet_limits(usage)
    for key in usage:
        rule, of_camera = forecaster.rules.rule_of(key), going.get(key, Usage())
        if len(usage) > 1 or rule.keep or rule.max_bytes:
            keep = forecaster.policy_of(key)
            yield texts.would_go_of_camera(key, keep, rule.max_bytes, of_camera.frames, of_camera.bytes)
    yield texts.would_go(forecaster.policy, all_going.frames, all_going.bytes)


if __name__ == "__main__":
    run_service(main)
