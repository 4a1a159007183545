"""The soak's outcome: a slope for each series with its bound, and whether the run passes."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

from soak.samples import Series
from soak.slopes import Slope, Summary, TooShortError, Verdict, slope_of
from soak.traffic import ROUND_SECONDS

BLOCK_SECONDS: Final = 2 * ROUND_SECONDS
BOUNDS: Final = {
    "rss_mb": 6.0,
    "anonymous_mb": 6.0,
    "descriptors": 1.0,
    "threads": 1.0,
    "processes": 1.0,
    "age_ms": 20.0,
}
"""The growth per hour that is still none: 6 MB are 150 MB a day, which nobody must lose, but less can't be told from
noise in an hour. What leaks at a camera's or a viewer's coming and going grows 90 times an hour."""
SUMMARIES: Final[dict[str, Summary]] = {"descriptors": min, "threads": min, "processes": min, "age_ms": median}
"""How a block's values become one; the others by their mean. Descriptors, threads and processes come and go with
requests, so the least of them counts: a leak raises it, and a busy machine does not. For the same reason the age is the
median."""
OLDEST_LIVE_MS: Final = 10_000.0
"""Older than this no picture is live, whatever the computer's load."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found. `problems` has what should not have happened, in words."""

    commit: str
    minutes: float
    warm_up_minutes: float
    changes: int
    oldest_live_ms: float
    slopes: dict[str, Slope]
    problems: list[str]

    @property
    def passes(self) -> bool:
        return not self.problems and all(slope.verdict is not Verdict.GROWS for slope in self.slopes.values())

    def as_json(self) -> str:
        slopes = {name: asdict(slope) | {"verdict": slope.verdict} for name, slope in self.slopes.items()}
        return json.dumps(asdict(self) | {"slopes": slopes, "passes": self.passes}, indent=1)

    def as_text(self) -> str:
        lines = [f"{'series':26}{'per hour':>10}{'95 % confidence':>22}{'bound':>8}  verdict"]
        for name, slope in self.slopes.items():
            interval = f"{slope.low:+.2f} to {slope.high:+.2f}"
            lines.append(f"{name:26}{slope.per_hour:>+10.2f}{interval:>22}{slope.bound:>8g}  {slope.verdict}")
        lines.append(
            f"{self.changes} changes in {self.minutes:.0f} minutes, the first {self.warm_up_minutes:g} left out"
        )
        lines.append(f"oldest picture marked live: {self.oldest_live_ms:.0f} ms; commit {self.commit}")
        return "\n".join([*lines, *(f"PROBLEM: {problem}" for problem in self.problems)])


def slopes_of(series: Series, warm_up_seconds: float) -> tuple[dict[str, Slope], list[str]]:
    """The slope of each series without its beginning; and which series are too short, in words."""
    slopes, problems = {}, []
    for name, points in series.items():
        later = [(at, value) for at, value in points if at >= warm_up_seconds]
        what = name.rpartition(" ")[2]
        times, values = [at for at, _ in later], [value for _, value in later]
        summary = SUMMARIES.get(what, fmean)
        try:
            slopes[name] = slope_of(times, values, bound=BOUNDS[what], block_seconds=BLOCK_SECONDS, summary=summary)
        except TooShortError as error:
            problems.append(f"{name} has no slope: {error}")
    return slopes, problems


def commit_of(directory: Path) -> str:
    """The commit that is checked out there, with a plus sign if files differ from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git("rev-parse", "--short=10", "HEAD") + (
        "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    )
