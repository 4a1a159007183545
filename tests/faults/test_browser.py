"""The lab's browser finds what it reads: a page that was changed is noticed here, and not in a campaign."""

import re
from pathlib import Path

from faults.viewers.browser import SHOWN


def test_the_live_page_has_all_parts_that_the_browser_reads() -> None:
    page = Path("pages/live/index.html").read_text()
    ids = set(re.findall(r'(?:text|getElementById)\("(\w+)"\)', SHOWN))

    assert {"problem", "title", "bar"} <= ids
    assert [each for each in sorted(ids) if f'id="{each}"' not in page] == []
    assert 'class="tile card chosen"' in page
