"""The blocks of docs/clients.md, taken from the document itself, so that the tests run what users paste."""

import re
from pathlib import Path
from typing import Final

from tests.clients.moving import MovingStream

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "clients.md"
_FENCED: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW: Final = re.compile(r"^\| (.+?) \| `(.+?)` \|$", re.MULTILINE)


def section(title: str) -> str:
    """The text beneath a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/clients.md has no heading {title}"
    return found[1]


def block(title: str, stream: MovingStream, password: str = "") -> str:
    """The one block of a section, filled in for this stream."""
    (only,) = _FENCED.findall(section(title))
    return filled(only, stream, password)


def fields(title: str, stream: MovingStream, password: str = "") -> dict[str, str]:
    """The one form of a section: what to type beside each label, filled in for this stream."""
    rows = _ROW.findall(section(title))
    assert rows, f"{title} has no form"
    return {label: filled(value, stream, password) for label, value in rows}


def filled(text: str, stream: MovingStream, password: str) -> str:
    """A block with its placeholders filled in. Without a password the addresses have none."""
    if not password:
        text = text.replace("viewer:PASSWORD@", "").replace("netcam_userpass viewer:PASSWORD\n", "")
    return (
        text.replace("HOST:8001", f"127.0.0.1:{stream.port}").replace("camera_1", "cam1").replace("PASSWORD", password)
    )
