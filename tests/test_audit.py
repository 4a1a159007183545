"""The audit of the locked libraries: it fails for a hole, and says when nothing could be learned."""

import pytest

from tests.support.audit import verdict

CLEAN = {"name": "anyio", "version": "4.9", "vulns": []}
HOLED = {"name": "pillow", "version": "9.0", "vulns": [{"id": "CVE-2023-4863", "fix_versions": ["10.0.1"]}]}
UNKNOWN = {"name": "uvloop", "skip_reason": "not found"}


def test_a_known_hole_fails_and_names_the_version_that_mends_it() -> None:
    """Whatever else was not learned."""
    code, words = verdict({"dependencies": [CLEAN, HOLED, UNKNOWN]}, "run.txt")
    assert (code, words) == (1, "run.txt: pillow 9.0 has CVE-2023-4863, mended in 10.0.1")


@pytest.mark.parametrize("report", [None, {"dependencies": [UNKNOWN]}], ids=["no network", "a mirror"])
def test_where_nothing_is_learned_it_passes_and_says_so(report: dict[str, list[dict[str, object]]] | None) -> None:
    """A machine without a network is no failure, and must not look like an audit."""
    code, words = verdict(report, "run.txt")
    assert code == 0
    assert "NOT AUDITED" in words


def test_libraries_without_a_hole_are_counted_and_the_others_named() -> None:
    """So that half an audit is not taken for a whole one."""
    code, words = verdict({"dependencies": [CLEAN, UNKNOWN]}, "run.txt")
    assert (code, words) == (0, "run.txt: 1 libraries without a known hole, nothing is told of uvloop.")
