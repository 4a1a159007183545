"""Fuzzes the targets, replays inputs, or takes new ones into the tree. `scripts/fuzz` calls it.

scripts/fuzz [TARGET …] [--minutes N]     each of them for N minutes (1)
scripts/fuzz --replay TARGET FILE …       once more what was found before
scripts/fuzz --keep [TARGET …]            choose anew which few inputs the tree keeps
scripts/fuzz --list
"""

import argparse
import sys
from pathlib import Path

from fuzz.campaign import run_campaign
from fuzz.contract import load_target, target_names


def main() -> int:
    arguments = _arguments()
    if arguments.list:
        print("\n".join(target_names()))
        return 0
    if arguments.replay:
        return _replay(*arguments.targets)
    names = arguments.targets or target_names()
    unknown = sorted({*names} - {*target_names()})
    if unknown:
        print(f"There is no target {unknown[0]}: there are {', '.join(target_names())}.", file=sys.stderr)
        return 2
    if arguments.keep:
        from fuzz.choosing import keep_few  # noqa: PLC0415 it measures, which nothing else needs

        for name in names:
            print(f"{name}: {keep_few(name)}", flush=True)
        return 0
    return run_campaign(names, round(arguments.minutes * 60))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("scripts/fuzz", description="Coverage-guided fuzzing, see docs/fuzzing.md.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them without one")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target (1)")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--replay", action="store_true", help="TARGET FILE …: give these inputs to the target")
    parser.add_argument("--keep", action="store_true", help="choose which inputs the tree keeps")
    return parser.parse_args()


def _replay(name: str, *files: str) -> int:
    target = load_target(name)
    for file in files:
        print(f"{name} {file}", flush=True)
        target.check(Path(file).read_bytes())
    print(f"{len(files)} inputs, and the contract holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
