"""Each block of docs/clients.md is read by a test, and each program was run, or the document says that it was not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.document import DOCUMENT, section

TESTS = Path(__file__).parents[1]
OWN_PAGE = {"Your own page", "Addresses of other servers", "What was run"}
"""Sections of no program. The browser tests have these."""
TITLES = [title for title in re.findall(r"^## (.+)$", DOCUMENT.read_text(), re.MULTILINE) if title not in OWN_PAGE]
FOLDERS = ("clients", "browser", "e2e")
STARTED_BY = {
    "Chromium": "running_chromium(",
    "Firefox ESR": "running_firefox(",
    "WebKitGTK 2.50": "running_webkit(",
    "FFmpeg": '"ffmpeg",',
    "motion": 'Program("motion",',
    "JDK 17": 'Program("java",',
    "GStreamer": 'Program("gst-launch-1.0",',
    "OpenCV": "cv2.VideoCapture(",
    "mpv": '"mpv", "mpv")',
    "VLC": '"cvlc",',
    "OBS 29.0": '"obs", "--multi",',
    "curl": 'Program("curl",',
    "Home Assistant 2026.2.3": "running_home_assistant(",
    "OctoPrint 1.11.8": "running_octoprint(",
}
"""How the tests start each client of the document's tables."""


def sources() -> Iterator[str]:
    """All modules of the tests that run clients, but this one."""
    for folder in FOLDERS:
        yield from (path.read_text() for path in (TESTS / folder).glob("*.py") if path != Path(__file__))


def blocks_read() -> set[str]:
    """The titles whose block or form is read in a test, or in a function that something else in its module names."""
    found = set()
    for module in map(ast.parse, sources()):
        named = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
        for function in module.body:
            if isinstance(function, ast.FunctionDef) and (function.name.startswith("test_") or function.name in named):
                found |= {title for node in ast.walk(function) if (title := _title_read(node))}
    return found


def _title_read(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id="block" | "fields"), args=[ast.Constant(value=str(title)), *_]):
            return title
    return None


def clients_run() -> list[str]:
    """The first column of the tables of what was run."""
    return [
        cell for row in re.findall(r"^\| (.+?) \|", section("What was run"), re.MULTILINE) for cell in row.split(", ")
    ]


def says_that_it_was_not_tried(title: str) -> bool:
    return "not tried" in section(title).lower()


@pytest.mark.parametrize("title", TITLES)
def test_a_block_is_read_by_a_test_or_was_not_tried(title: str) -> None:
    assert title in blocks_read() or says_that_it_was_not_tried(title)


@pytest.mark.parametrize("title", TITLES)
def test_a_program_was_run_or_its_section_says_that_it_was_not_tried(title: str) -> None:
    """Also where another program is run by its block."""
    run, text = " ".join(clients_run()), section("What was run")
    were_run = all(program in run or f"{program} 1.9.14 ran its block by hand" in text for program in title.split(", "))
    assert were_run != says_that_it_was_not_tried(title)


@pytest.mark.parametrize("client", [client for client in clients_run() if client != "client"])
def test_a_client_that_is_named_as_run_is_started_by_a_test(client: str) -> None:
    assert any(STARTED_BY[client] in source for source in sources())


@pytest.mark.parametrize("title", TITLES)
def test_a_section_says_what_its_user_sees_while_the_camera_is_down(title: str) -> None:
    text = section(title)
    assert len(re.findall(r"^```\w*\n.*?^```$|^\|---\|---\|$", text, re.MULTILINE | re.DOTALL)) == 1, "not one block"
    assert "Camera down" in text
