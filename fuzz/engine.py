"""One target in a process of its own: atheris makes inputs, and keeps those that reach new code. Needs atheris.

    python -m fuzz.engine TARGET DIRECTORY SECONDS

DIRECTORY gets new inputs in `corpus/`, those that break the contract in `crashes/`, each kind once.
"""

import sys
import traceback
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final

import atheris

from fuzz.contract import Target, load_target
from fuzz.corpus_files import CRASHES, WORKING, kept_directory

HANG_SECONDS: Final = 120
"""For what never returns. The contract's own limit is of CPU time, and is only seen afterwards."""
MOST_RESIDENT_MIB: Final = 1536
ROOT: Final = Path(__file__).parents[1]


class Findings:
    """Takes every input, and writes down each kind of crash once, so that one does not hide the next."""

    def __init__(self, target: Target, directory: Path) -> None:
        self._target = target
        self._directory = directory
        self._kinds: set[tuple[str, str]] = set()

    def take(self, data: bytes) -> None:
        try:
            self._target.check(data)
        except Exception as error:  # noqa: BLE001 whatever came out is the finding
            kind = type(error).__name__, _place(error.__traceback__)
            if kind not in self._kinds:
                self._kinds.add(kind)
                file = self._directory / sha256(data).hexdigest()[:16]
                file.write_bytes(data)
                print(f"\nFOUND {file}: {kind[0]} at {kind[1]}", flush=True)
                traceback.print_exc(file=sys.stdout)


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours in the traceback."""
    frames = [frame for frame in traceback.extract_tb(trace) if Path(frame.filename).is_relative_to(ROOT)]
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    return f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}" if ours else "?"


def main(name: str, directory: Path, seconds: int) -> None:
    working, crashes = directory / WORKING, directory / CRASHES
    for folder in (working, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["services", "shared", "fuzz.targets"]):
        target = load_target(name)
    findings = Findings(target, crashes)
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-max_len={target.max_bytes}",
        f"-timeout={HANG_SECONDS}",
        f"-rss_limit_mb={MOST_RESIDENT_MIB}",
        f"-artifact_prefix={crashes}/",
        f"-report_slow_units={HANG_SECONDS}",  # by the clock on the wall, which says little on a busy computer
        "-print_final_stats=1",
        "-verbosity=1",
        str(working),
        str(kept_directory(name)),
    ]
    atheris.Setup(arguments, findings.take)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
