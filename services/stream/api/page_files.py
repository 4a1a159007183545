"""The pages' HTML as a browser gets it: a file of `static/` with the parts that several pages share put in.

`scripts/pages` builds `static/` from `pages/`, in the root.
"""

import re
from pathlib import Path
from typing import Final

from services.stream.base import texts
from shared.setup_command import setup_command

STATIC: Final = Path(__file__).parents[1] / "static"
_PART: Final = re.compile(r"<!-- part (\w+) -->")
_OWN_CAMERA: Final = "<!-- own camera -->"
_SETUP_COMMAND: Final = "<!-- setup command -->"


def page_text(name: str) -> str:
    """The page of this file. Its header tells which page it is, and a login leads back to it."""
    own = "./" if name == "index.html" else name.removesuffix(".html")
    page = _with_parts(name)
    page = _with_link(page, own).replace(_OWN_CAMERA, texts.OWN_CAMERA_BY_SETTINGS_HTML)
    page = page.replace(_SETUP_COMMAND, setup_command())
    page = page.replace(f"<a href={own}>", f"<a href={own} aria-current=page>", 1)
    return page if own == "./" else page.replace("<a href=login>", f'<a href="login?next={own}">')


def for_owners(page: str) -> str:
    """The page for whoever sets cameras and decides on access at the page: with links to these pages."""
    page = _with_link(_with_link(page, "cameras"), "access")
    return page.replace(texts.OWN_CAMERA_BY_SETTINGS_HTML, texts.OWN_CAMERA_AT_PAGE_HTML)


def _with_link(page: str, own: str) -> str:
    """The page, with a link in its header to this page, which not everybody has. That to access is the last one."""
    links, end, rest = page.partition("</nav>")
    if not end or f"<a href={own}" in links:
        return page
    others, access, last = links.partition("<a href=access")
    return f"{others}<a href={own}>{own.title()}</a>{access}{last}{end}{rest}"


def _with_parts(name: str) -> str:
    """The file's text. A part may have parts."""
    text = (STATIC / name).read_text(encoding="utf-8")
    return _PART.sub(lambda part: _with_parts(f"{part[1]}.part"), text)
