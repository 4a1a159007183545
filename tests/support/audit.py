"""Ask whether a locked library has a known hole. `scripts/audit` runs it.

pip-audit asks the package index, one question for each library. Without a network it learns nothing, and some mirrors
of the index answer no such question. Then the audit says so and passes: what was not learned is no hole.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_PROGRAM: Final = Path(sys.executable).with_name("pip-audit")
_OPTIONS: Final = ("--format", "json", "--progress-spinner", "off", "--disable-pip", "--timeout", "10")
_SECONDS: Final = 300


def verdict(report: Mapping[str, Any] | None, file: str) -> tuple[int, str]:
    """The exit code and what to say of a report of pip-audit's, or of none."""
    libraries = [] if report is None else report["dependencies"]
    holes = [
        f"{file}: {one['name']} {one['version']} has {hole['id']},"
        f" mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for one in libraries
        for hole in one.get("vulns", [])
    ]
    if holes:
        return 1, "\n".join(holes)
    skipped = [one["name"] for one in libraries if "skip_reason" in one]
    if len(skipped) == len(libraries):
        return 0, f"{file}: NOT AUDITED, the package index tells nothing of known holes here."
    unknown = f", nothing is told of {', '.join(skipped)}" if skipped else ""
    return 0, f"{file}: {len(libraries) - len(skipped)} libraries without a known hole{unknown}."


def ask(file: Path) -> Mapping[str, Any] | None:
    """pip-audit's report on a file of locked requirements; None when it could not ask."""
    command = [str(_PROGRAM), *_OPTIONS, "--requirement", str(file)]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        report: Mapping[str, Any] = json.loads(asked.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return report


def main() -> None:
    codes = []
    for file in map(Path, sys.argv[1:]):
        code, words = verdict(ask(file), str(file))
        print(words)  # noqa: T201 its answer
        codes.append(code)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
