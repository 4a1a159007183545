"""The lab's browser finds what it reads: a page that was changed is noticed here, and not in a campaign."""

import re
from pathlib import Path

import pytest

from faults.audience import ALL_PAGES, IN_BROWSER, STATUS_PAGE
from faults.facts import Told
from faults.viewers.tabs import LIVE, STATUS, TABS, TIMELINE


@pytest.mark.parametrize(("file", "script", "parts"), [
    ("live/index.html", LIVE, {"problem", "title", "bar"}),
    ("status/status.html", STATUS, {"problems"}),
    ("timeline/archive.html", TIMELINE, {"note"}),
])  # fmt: skip
def test_each_page_has_all_parts_that_the_browser_reads(file: str, script: str, parts: set[str]) -> None:
    page = Path("pages", file).read_text()
    ids = set(re.findall(r'(?:text|getElementById|querySelectorAll)\("#?(\w+)[" ]', script))

    assert ids == parts
    assert [each for each in sorted(ids) if f'id="{each}"' not in page] == []


def test_the_live_page_has_its_large_camera() -> None:
    assert 'class="tile card chosen"' in Path("pages/live/index.html").read_text()


def test_all_pages_are_looked_at() -> None:
    assert {tab.name for tab in TABS} == IN_BROWSER <= ALL_PAGES


def test_a_page_that_shows_no_words_tells_nothing() -> None:
    (status,) = (tab for tab in TABS if tab.name == STATUS_PAGE)

    assert list(status.facts({"at": 5.0, "words": ["", "The archive can't be reached."]})) == [
        Told(STATUS_PAGE, 5.0, ("The archive can't be reached.",))
    ]
    assert list(status.facts({"at": 5.0, "words": []})) == [Told(STATUS_PAGE, 5.0, ())]
