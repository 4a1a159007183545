"""The audit of the locked libraries: it fails for a hole, and says when nothing could be learned."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.audit import Answer, ask, verdict

CLEAN = {"name": "anyio", "version": "4.9", "vulns": []}
HOLED = {"name": "pillow", "version": "9.0", "vulns": [{"id": "CVE-2023-4863", "fix_versions": ["10.0.1"]}]}
UNKNOWN = {"name": "uvloop", "skip_reason": "Dependency not found on PyPI and could not be audited: uvloop (0.1)"}
UNASKED = {"name": "odd", "skip_reason": "URL requirements cannot be pinned to a specific package version"}


def report(*libraries: Mapping[str, object]) -> Answer:
    return Answer(json.dumps({"dependencies": libraries}), "")


def test_a_known_hole_fails_and_names_the_version_that_mends_it() -> None:
    """Whatever else was not learned."""
    code, words = verdict(report(CLEAN, HOLED, UNKNOWN), "run.txt")
    assert (code, words) == (1, "run.txt: pillow 9.0 has CVE-2023-4863, mended in 10.0.1")


@pytest.mark.parametrize("answer", [
    report(UNKNOWN),
    Answer("", "Traceback:\nrequests.exceptions.ConnectionError: HTTPSConnectionPool: Name or service not known"),
    Answer("", "Traceback:\nrequests.exceptions.ProxyError: Unable to connect to proxy"),
    Answer("", "Traceback:\nrequests.exceptions.SSLError: certificate verify failed"),
    Answer("", "requests.exceptions.HTTPError: 503 Server Error\n\nServiceError"),
    Answer("", "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed"),
])  # fmt: skip
def test_where_nothing_is_learned_it_passes_and_says_so(answer: Answer) -> None:
    """A machine without a network is no failure, and must not look like an audit."""
    code, words = verdict(answer, "run.txt")
    assert code == 0
    assert "NOT AUDITED" in words


@pytest.mark.parametrize(("answer", "words"), [
    (Answer("", "ERROR:pip_audit._cli:invalid requirements input: run.txt"), "invalid requirements input"),
    (Answer("", "requests.exceptions.HTTPError: 403 Client Error"), "403"),
    (Answer("", "MemoryError"), "MemoryError"),
    (Answer("", ""), "it said nothing"),
    (Answer("[]", "TypeError: unexpected"), "TypeError: unexpected"),
    (report(), "found no library"),
    (report(CLEAN, UNASKED), "odd was not asked about: URL requirements"),
])  # fmt: skip
def test_any_other_failure_fails_in_the_words_of_pip_audit(answer: Answer, words: str) -> None:
    """An audit that passes whatever happens is none."""
    code, said = verdict(answer, "run.txt")
    assert code == 1
    assert words in said


def test_requirements_that_pip_audit_can_not_read_fail(tmp_path: Path) -> None:
    """By the real program: it needs no network to say so."""
    code, words = verdict(ask(tmp_path / "missing.txt"), "missing.txt")
    assert code == 1
    assert "invalid requirements input" in words


def test_libraries_without_a_hole_are_counted_and_the_others_named() -> None:
    """So that half an audit is not taken for a whole one."""
    code, words = verdict(report(CLEAN, UNKNOWN), "run.txt")
    assert (code, words) == (0, "run.txt: 1 libraries without a known hole, nothing is told of uvloop.")
