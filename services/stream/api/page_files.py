"""The pages' HTML as a browser gets it: a file of `static/` with the parts that several pages share put in.

`scripts/pages` builds `static/` from `pages/`, in the root.
"""

import re
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parents[1] / "static"
_PART: Final = re.compile(r"<!-- part (\w+) -->")


def page_text(name: str) -> str:
    """The page of this file. Its header tells which page it is, and a login leads back to it."""
    own = "./" if name == "index.html" else name.removesuffix(".html")
    page = _with_parts(name)
    page = with_link(page, own)
    page = page.replace(f"<a href={own}>", f"<a href={own} aria-current=page>", 1)
    return page if own == "./" else page.replace("<a href=login>", f'<a href="login?next={own}">')


def with_link(page: str, own: str) -> str:
    """The page, with a link in its header to this page, which not everybody has."""
    return page if f"<a href={own}" in page else page.replace("</nav>", f"<a href={own}>{own.title()}</a></nav>", 1)


def _with_parts(name: str) -> str:
    """The file's text. A part may have parts."""
    text = (STATIC / name).read_text(encoding="utf-8")
    return _PART.sub(lambda part: _with_parts(f"{part[1]}.part"), text)
