"""`scripts/faults`: one campaign, its report, and exit code 1 when a promise was broken."""

import argparse
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from faults.campaign import Campaign, Outcome
from faults.fault import Fault
from faults.kinds import SHORT, faults_of
from faults.lab import running_lab
from faults.place import DATABASES, STORES, archive_place, missing_place
from faults.plan import Plan
from faults.report import summary, table
from faults.timeline import Timeline
from faults.viewers.browser import missing_browser
from tests.support.camera import missing_camera_parts
from tests.support.disks import missing_disk_parts

SHORT_SEED: Final = 7
SHORT_MINUTES: Final = 2.0
"""The rest of three minutes goes to start and stop."""
EXIT_MISSING: Final = 3


def main() -> int:
    options = _options()
    if options.list:
        print("\n".join(f"{fault.kind:12} {fault.name}" for fault in faults_of(options.database, options.store)))
        return 0
    if reason := _missing() or missing_place(options.database, options.store):
        print(f"The fault lab can't run here: {reason}", file=sys.stderr)
        return EXIT_MISSING
    seed = SHORT_SEED if options.short else options.seed
    faults = _chosen(faults_of(options.database, options.store), options)
    print(f"The fault lab: seed {seed}, {len(faults)} kinds of faults, {options.minutes:g} minutes", flush=True)
    timeline = Timeline(print_all=options.verbose)
    with tempfile.TemporaryDirectory(prefix="framecast-faults-") as directory:
        outcome = _campaign(Path(directory), timeline, Plan(faults, seed), options)
        if options.keep_logs is not None:
            shutil.copytree(
                directory,
                options.keep_logs,
                ignore=shutil.ignore_patterns("disk*", "owner", "config"),
                dirs_exist_ok=True,
            )
    _tell_breaches(outcome, timeline, seed)
    result = summary(outcome, _command(seed), seed, _commit())
    print(table(result))
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if outcome.breaches or outcome.aborted else 0


def _campaign(directory: Path, timeline: Timeline, plan: Plan, options: argparse.Namespace) -> Outcome:
    absent = "it is short" if options.short else missing_browser()
    if absent is not None:
        print(f"No browser watches: {absent}")
    with (
        archive_place(directory, options.database, options.store) as place,
        running_lab(directory, place, timeline, has_browser=absent is None) as lab,
    ):
        return Campaign(lab, plan, options.minutes * 60).run()


def _tell_breaches(outcome: Outcome, timeline: Timeline, seed: int) -> None:
    for breach in outcome.breaches:
        print(f"\nVIOLATION of '{breach.promise}' (seed {seed}): {breach.words}")
        print("\n".join(timeline.around(breach.at)))
        print(f"Again: scripts/faults --seed {seed} --only FAULT, with a fault of these lines")


def _chosen(possible: Sequence[Fault], options: argparse.Namespace) -> list[Fault]:
    if options.short:
        faults = [fault for fault in possible if fault.name in SHORT]
    else:
        only = options.only or [""]
        faults = [fault for fault in possible if any(part in fault.name for part in only)]
    absent = {fault.name: why for fault in faults if (why := fault.needs()) is not None}
    for name, why in absent.items():
        print(f"Left out, '{name}': {why}")
    if absent and os.environ.get("CI"):
        sys.exit("In CI no fault may be left out")
    chosen = [fault for fault in faults if fault.name not in absent]
    return chosen or sys.exit("no fault has such a name: scripts/faults --list")


def _missing() -> str | None:
    """Why the lab can't run on this machine, or not like this."""
    if os.geteuid() != 0:
        return "it needs root, for a network and mounts of its own"
    if (reason := missing_camera_parts() or missing_disk_parts()) is not None:
        return reason
    if shutil.which("nft") is None:
        return "nft is not installed: apt-get install nftables"
    alone = len(list(Path("/sys/class/net").iterdir())) == 1 or os.getppid() == 1
    return None if alone else "start it by scripts/faults, which gives it a network of its own"


def _command(seed: int) -> str:
    """As it can be given again."""
    given = shlex.join(sys.argv[1:])
    has_seed = "--seed" in given or "--short" in given
    return " ".join(word for word in ("scripts/faults", given, "" if has_seed else f"--seed {seed}") if word)


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument(
        "--only", action="append", metavar="FAULT", help="faults with this in their name; again for more"
    )
    parser.add_argument("--database", choices=DATABASES, default="sqlite", help="the archive's")
    parser.add_argument("--store", choices=STORES, default="disk", help="where the archive's pictures are")
    parser.add_argument("--short", action="store_true", help="a fixed seed and a few faults, as in CI")
    parser.add_argument("--list", action="store_true", help="name all faults")
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--keep-logs", type=Path, metavar="DIRECTORY", help="copy the services' logs there")
    parser.add_argument("--verbose", action="store_true", help="say everything as it happens")
    options = parser.parse_args()
    if options.short:
        options.minutes = SHORT_MINUTES
    return options


if __name__ == "__main__":
    sys.exit(main())
