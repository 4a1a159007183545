"""Every block of docs/clients.md is one that a test runs, or its program is named there as not run."""

import re
from pathlib import Path

import pytest

from tests.clients.document import DOCUMENT, section

TESTS = Path(__file__).parents[1]
OWN_PAGE = {"Your own page", "Addresses of other servers", "What was run"}
"""Sections of no program. The browser tests have these."""
TITLES = [title for title in re.findall(r"^## (.+)$", DOCUMENT.read_text(), re.MULTILINE) if title not in OWN_PAGE]


def sources() -> str:
    """All tests that take a block from the document."""
    found = [*(TESTS / "clients").glob("test_*.py"), *(TESTS / "e2e").glob("test_*.py")]
    return "".join(path.read_text() for path in found if path != Path(__file__))


@pytest.mark.parametrize("title", TITLES)
def test_a_block_is_run_or_named_as_not_run(title: str) -> None:
    if re.search(rf'(block|fields)\("{re.escape(title)}", ', sources()):
        return
    not_run = section("What was run").partition("Not run:")[2]
    assert all(program in not_run for program in title.split(", ")), f"nobody runs the block of {title}"


@pytest.mark.parametrize("title", TITLES)
def test_a_section_says_what_its_user_sees_while_the_camera_is_down(title: str) -> None:
    text = section(title)
    assert len(re.findall(r"^```\w*\n.*?^```$|^\|---\|---\|$", text, re.MULTILINE | re.DOTALL)) == 1, "not one block"
    assert "Camera down" in text
