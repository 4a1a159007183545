"""Run the services for hours while cameras and viewers come and go, and see whether anything grows.

    scripts/soak [--hours H | --minutes M] [--warm-up M] [--seed N] [--output DIRECTORY]

Every 20 seconds a camera and a viewer come or go. Every 5 seconds each process's memory, descriptors and threads are
noted, and the age of the pictures at a viewer that stays, by the clock in the picture. At the end each series has a
slope with a confidence interval. The exit code is 1 if one is surely above its bound, if a service ended, or if the
viewer that stays was cut. The directory then holds samples.jsonl, report.json, soak.svg and the services' logs.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.cores import clean_up_when_terminated
from soak.plot import plot
from soak.report import BLOCK_SECONDS, OLDEST_LIVE_MS, Report, commit_of, slopes_of
from soak.samples import Samples
from soak.slopes import FEWEST_BLOCKS
from soak.traffic import CHANGE_SECONDS, Traffic
from tests.support.services import ROOT

SAMPLE_SECONDS: Final = 5.0
SHORTEST_MINUTES: Final = (FEWEST_BLOCKS + 1) * BLOCK_SECONDS / 60


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, default=1.0)
    length.add_argument("--minutes", type=float)
    parser.add_argument("--warm-up", type=float, default=10.0, help="minutes at the start that no slope counts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("test-results/soak"))
    options = parser.parse_args()
    options.minutes = options.hours * 60 if options.minutes is None else options.minutes
    shortest = options.warm_up + SHORTEST_MINUTES
    if options.minutes < shortest:
        parser.error(f"a slope needs {shortest:g} minutes or more, {SHORTEST_MINUTES:g} of them after the warm-up")
    return options


def soak(options: argparse.Namespace) -> Report:
    commit = commit_of(ROOT)
    with Traffic(options.output, options.seed) as traffic:
        begun = time.monotonic()
        changes = 0
        with Samples(options.output / "samples.jsonl", begun) as samples:
            while (elapsed := time.monotonic() - begun) < options.minutes * 60 and not traffic.ends():
                if elapsed >= (changes + 1) * CHANGE_SECONDS:
                    changes += 1
                    traffic.change()
                samples.take(traffic)
                time.sleep(SAMPLE_SECONDS - (time.monotonic() - begun) % SAMPLE_SECONDS)
        minutes = (time.monotonic() - begun) / 60
        problems = traffic.problems + traffic.ends()
    plot(samples.series, options.output / "soak.svg")
    slopes, too_short = slopes_of(samples.series, options.warm_up * 60)
    problems += too_short
    if samples.oldest_ms > OLDEST_LIVE_MS:
        problems.append(f"a picture marked live was {samples.oldest_ms:.0f} ms old")
    return Report(commit, minutes, options.warm_up, changes, samples.oldest_ms, slopes, problems)


def main() -> None:
    options = parse_options()
    clean_up_when_terminated()
    options.output.mkdir(parents=True, exist_ok=True)
    options.output = options.output.resolve()
    report = soak(options)
    (options.output / "report.json").write_text(report.as_json() + "\n")
    print(report.as_text())
    sys.exit(0 if report.passes else 1)


if __name__ == "__main__":
    main()
