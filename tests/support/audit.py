"""Ask whether a locked library has a known hole. `scripts/audit` runs it.

pip-audit asks the package index, one question for each library. Without a network it learns nothing, and some mirrors
of the index answer no such question. Then the audit says so and passes: what was not learned is no hole. Any other
failure of pip-audit's fails the audit, in pip-audit's own words.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAM: Final = Path(sys.executable).with_name("pip-audit")
_OPTIONS: Final = ("--format", "json", "--progress-spinner", "off", "--disable-pip", "--timeout", "10")
_SECONDS: Final = 300
_NO_ANSWER: Final = re.compile(
    r"^requests\.exceptions\.(ConnectionError|ProxyError|SSLError|ConnectTimeout|ReadTimeout|HTTPError: 5\d\d)\b"
    r"|Could not connect to PyPI|PyPI is not redirecting",
    re.MULTILINE,
)
"""In pip-audit's words: there is no network, the index does not answer, or something else answers in its place."""
_CERTIFICATES: Final = "/etc/ssl/certs/ca-certificates.crt"
"""The system's, as for pip: a network may have an authority of its own."""
_NOT_THERE: Final = "not found on PyPI"
"""Why a library is skipped that the index, or its mirror, tells nothing of."""
_WORDS: Final = 1500
"""How many characters of pip-audit's last words are shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What pip-audit said on its two outputs."""

    out: str
    err: str


def verdict(answer: Answer, file: str) -> tuple[int, str]:
    """The exit code and what to say of pip-audit's answer."""
    try:
        libraries = json.loads(answer.out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _without_report(answer, file)
    holes = [
        f"{file}: {one['name']} {one['version']} has {hole['id']},"
        f" mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for one in libraries
        for hole in one.get("vulns", [])
    ]
    unasked = [one for one in libraries if _NOT_THERE not in one.get("skip_reason", _NOT_THERE)]
    holes += [f"{file}: {one['name']} was not asked about: {one['skip_reason']}" for one in unasked]
    if holes:
        return 1, "\n".join(holes)
    if not libraries:
        return 1, f"{file}: pip-audit found no library in it. {answer.err[-_WORDS:].strip()}"
    skipped = [one["name"] for one in libraries if "skip_reason" in one]
    if len(skipped) == len(libraries):
        return 0, f"{file}: NOT AUDITED, the package index tells nothing of known holes here."
    unknown = f", nothing is told of {', '.join(skipped)}" if skipped else ""
    return 0, f"{file}: {len(libraries) - len(skipped)} libraries without a known hole{unknown}."


def ask(file: Path) -> Answer:
    """pip-audit's answer about a file of locked requirements."""
    command = [str(_PROGRAM), *_OPTIONS, "--requirement", str(file)]
    own = {"REQUESTS_CA_BUNDLE": _CERTIFICATES} if Path(_CERTIFICATES).is_file() else {}
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=own | os.environ
        )
    except subprocess.TimeoutExpired:
        return Answer("", f"Could not connect to PyPI within {_SECONDS} s")
    return Answer(asked.stdout, asked.stderr)


def main() -> None:
    codes = []
    for file in map(Path, sys.argv[1:]):
        code, words = verdict(ask(file), str(file))
        print(words)  # noqa: T201 its answer
        codes.append(code)
    sys.exit(max(codes))


def _without_report(answer: Answer, file: str) -> tuple[int, str]:
    words = answer.err[-_WORDS:].strip() or "it said nothing"
    if _NO_ANSWER.search(answer.err):
        return 0, f"{file}: NOT AUDITED, the package index does not answer: {words.splitlines()[-1]}"
    return 1, f"{file}: the audit failed. pip-audit's last words:\n{words}"


if __name__ == "__main__":
    main()
