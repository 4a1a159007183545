"""Runs targets one after the other, each in a process of its own, and says what came out."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuzz.corpus_files import CRASHES, WORKING, found_directory

_RUNS: Final = re.compile(r"^stat::number_of_executed_units:\s+(\d+)", re.MULTILINE)
_COVERED: Final = re.compile(r"\bcov: (\d+)")
_FOUND: Final = re.compile(r"^FOUND (\S+): (.*)$", re.MULTILINE)
_SPARE_SECONDS: Final = 300
"""Beyond a target's time: for one that hangs, the engine's own limit comes first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one target's run brought. `covered` counts places in the code, as libFuzzer does."""

    name: str
    executions: int
    covered: int
    seconds: float
    crashes: tuple[tuple[str, str], ...]
    """The file of each, and what it raised where."""
    ended_badly: bool
    """The process itself died or hung, which no error of Python explains."""

    @property
    def is_good(self) -> bool:
        return not (self.crashes or self.ended_badly)


def run_campaign(names: list[str], seconds: int) -> int:
    """The exit code: 1 when anything was found."""
    outcomes = []
    print(f"{'target':24}{'executions':>12}{'places':>8}{'crashes':>9}{'seconds':>9}", flush=True)
    for name in names:
        outcome = run_target(name, seconds)
        outcomes.append(outcome)
        counted = f"{outcome.executions:12,}{outcome.covered:8,}{len(outcome.crashes):9}{outcome.seconds:9.0f}"
        print(f"{name:24}{counted}{'  DIED' if outcome.ended_badly else ''}", flush=True)
        _tell_crashes(outcome)
    print(f"{'all':24}{sum(one.executions for one in outcomes):12,}")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def run_target(name: str, seconds: int) -> Outcome:
    """Fuzz one target for so long, from all inputs that are known. Its output is in `log`."""
    directory = found_directory(name)
    directory.mkdir(parents=True, exist_ok=True)
    log, begun = directory / "log", time.monotonic()
    command = [sys.executable, "-m", "fuzz.engine", name, str(directory), str(seconds)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)  # noqa: S603 our own engine
        try:
            code = process.wait(seconds + _SPARE_SECONDS)
        except BaseException:
            process.kill()
            process.wait()
            raise
    text = log.read_text(errors="replace")
    runs, covered = _RUNS.search(text), _COVERED.findall(text)
    return Outcome(
        name,
        int(runs[1]) if runs else 0,
        int(covered[-1]) if covered else 0,
        time.monotonic() - begun,
        tuple(_FOUND.findall(text)),
        code != 0 or runs is None,
    )


def _tell_crashes(outcome: Outcome) -> None:
    for file, words in outcome.crashes:
        print(f"    {words}\n    scripts/fuzz --replay {outcome.name} {_short(file)}", flush=True)
    if outcome.ended_badly:
        directory = _short(found_directory(outcome.name))
        print(f"    its log: {directory}/log; inputs: {directory}/{WORKING}, {directory}/{CRASHES}", flush=True)


def _short(file: str | Path) -> str:
    """From here, where that is shorter."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
