"""SECURITY.md is held to the code: its tests exist, and no check for security is silenced without a reason."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Final

from fuzz.contract import target_names

ROOT: Final = Path(__file__).parents[1]
_THREATS: Final = (ROOT / "SECURITY.md").read_text().partition("## Threats")[2].partition("\n## ")[0]
_NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_TARGET: Final = re.compile(r"`fuzz/targets/(\w+)\.py`")
_SILENCED: Final = re.compile(r"# noqa: ([A-Z]+\d+(?:, [A-Z]+\d+)*)(.*)")
_FEWEST_LETTERS: Final = 4


def threats() -> list[str]:
    """The last column of each row."""
    return [row.rpartition(" | ")[2] for row in _THREATS.splitlines() if row.startswith("| ")][1:]


def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_threat_names_tests_that_exist() -> None:
    """A threat that no test holds is a hope. Libraries are not ours to test: a script asks about them."""
    assert len(threats()) > 20
    for threat in threats():
        named = _NAMED.findall(threat)
        assert named or "`scripts/audit`" in threat, threat
        for file, name in named:
            assert name in functions_in(file), (file, name)


def test_each_reader_of_strangers_bytes_belongs_to_a_threat() -> None:
    """A new door has a fuzzer, and with it comes a row: who stands before it, and what they want."""
    assert {name for threat in threats() for name in _TARGET.findall(threat)} == {*target_names()}


def test_no_check_for_security_is_silenced_without_a_reason() -> None:
    """A reason is what a reader needs to find out whether it still holds."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True)
    found = 0
    for file in listed.stdout.split():
        for line in (ROOT / file).read_text().splitlines():
            silenced = _SILENCED.search(line)
            if silenced and re.search(r"\bS\d{3}\b", silenced[1]):
                found += 1
                assert len(re.findall("[a-z]", silenced[2])) >= _FEWEST_LETTERS, (file, line)
    assert found > 50


def test_no_check_for_security_is_silenced_for_a_directory_without_a_reason() -> None:
    """The same in pyproject.toml: a comment stands on the line or above it."""
    text = (ROOT / "pyproject.toml").read_text()
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert sum(code.startswith("S") for codes in ignored.values() for code in codes) > 5
    section = text.partition("[tool.ruff.lint.per-file-ignores]")[2].partition("\n[")[0]
    for line in section.splitlines():
        if re.search(r'"S\d{3}"', line):
            assert "#" in line, line
