"""The words that people read call it a picture. To programs it is a frame: in addresses, keys, code and on the bus."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from tests.support import settings_page

ROOT = Path(__file__).parents[1]
FRAME: Final = re.compile(r"\bframes?\b", re.IGNORECASE)
ADDRESS: Final = re.compile(r"[\w./{}$-]*/frames?\b[\w./{}-]*|\bframes\.(?:csv|jsonl)\b")
"""Where the word is part of an address, a path or a file's name."""
IN_DOCS: Final = {"summary", "description", "tags"}
ANSWERS_IN_DOCS: Final = {"error_responses", "error_answers"}
"""Keywords and calls whose words stand in `/docs`. They say what `frames` in an address and in an answer is, so they
call it that. A setting's description is looked at by its page."""
EXCEPTIONS: Final = {
    # The words of cameras' own settings pages, and of the trade, which people look for there.
    "services/ingest/sources/failure_reasons.py": ("key frame", "I-frame"),
    "services/ingest/sources/rtsp/source.py": ("key frames",),
    "services/ingest/recording/attempt.py": ("key frame",),
    "shared/checkup/texts.py": ("key frame", "I-frame"),
    # A frame is a part of these formats: of a JPEG, and of a ZeroMQ message, which carries no picture yet.
    "services/ingest/decoding/jpeg.py": ("before its frame", "two frames"),
    "shared/jpeg_segments.py": ("frame header",),
    "shared/bus/frames.py": ("a frame has ",),
    "shared/bus/topics.py": ("frame/",),
    "shared/bus/zmtp_peer.py": ("a frame with flags ",),
    "shared/bus/zmtp_subscriber.py": ("a frame of ",),
    "shared/control/zmtp_messages.py": ("a frame with flags ",),
    # Names of keys, of tables and of HTTP.
    "services/archiver/export/rows_file.py": ("frames.",),
    "services/archiver/db/migrations/versions/r0002_gaps_and_measures.py": ("frames without a slot",),
    "services/archiver/api/timelapses/schemas.py": ("frames",),
    "services/archiver/timelapse/render_job.py": ("frames",),
    "services/archiver/upkeep/report.py": ("frames",),
    "services/stream/api/mjpeg.py": ("frame",),
    "services/stream/api/one_query.py": (r"frame\.jpeg",),
    "services/stream/api/pages.py": ("frame-ancestors",),
    "services/stream/api/shared_page.py": ("data-frame=",),
    "services/stream/api/snapshots.py": ("X-Frame-Age",),
    "services/stream/app.py": ("Frames also come over WebSockets",),
    "services/stream/base/texts.py": ("give one of camera, frame and timelapse",),
    "shared/web/access/headers.py": ("frame-ancestors",),
    "shared/web/api_docs/router.py": ("frame-ancestors",),
}
"""What else has the word, by file: all that it has there, no more and no less."""


class Words(ast.NodeVisitor):
    """The texts of a module. Those of its log and its docstrings are for programmers."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[str] = []
        if any(isinstance(node, ast.Name) and node.id == "__doc__" for node in ast.walk(tree)):  # argparse shows it
            self.found.append(ast.get_docstring(tree) or "")
        self.visit(tree)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = ast.unparse(node.func)
        if called in ANSWERS_IN_DOCS:
            return
        if not called.startswith("log."):
            for argument in node.args:
                self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in IN_DOCS or called.endswith("ArgumentParser"):
                self.visit(keyword)
        self.visit(node.func)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.found.append(node.value)


class Texts(HTMLParser):
    """What a page shows: its text, and the attributes that are read out or shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag
        self.found += [
            value or "" for name, value in attributes if name in ("alt", "aria-label", "placeholder", "title")
        ]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def with_frame(texts: list[str]) -> list[str]:
    return [text for text in texts if FRAME.search(ADDRESS.sub("", text))]


def modules() -> Iterator[Path]:
    for service in ("services", "shared"):
        yield from (ROOT / service).rglob("*.py")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_sentence_of_a_service_or_command_says_frame() -> None:
    """Helps, refusals, problems, what commands print. Each exception has a reason, and is still there."""
    found = {name_of(path): with_frame(Words(ast.parse(path.read_text())).found) for path in modules()}
    found = {name: texts for name, texts in found.items() if texts}
    surplus = {
        name: left
        for name, texts in found.items()
        if (left := [text for text in texts if not any(words in text for words in EXCEPTIONS.get(name, ()))])
    }
    assert surplus == {}
    unused = {
        name: words
        for name, allowed in EXCEPTIONS.items()
        if (words := [each for each in allowed if not any(each in text for text in found.get(name, []))])
    }
    assert unused == {}


@pytest.mark.parametrize("file", [ROOT / "pages/texts.js", ROOT / "pages/camera-feed/texts.js"], ids=name_of)
def test_no_words_of_the_pages_scripts_say_frame(file: Path) -> None:
    """Their comments may."""
    code = re.sub(r"/\*.*?\*/|^ *//[^\n]*", "", file.read_text(), flags=re.DOTALL | re.MULTILINE)
    texts = [re.sub(r"\$\{[^}]*\}", "", text) for text in re.findall(r'"[^"]*"|`[^`]*`', code)]
    assert len(texts) > 10
    assert with_frame(texts) == []


@pytest.mark.parametrize("file", sorted((ROOT / "pages").glob("[!n]*/*.html")), ids=name_of)
def test_no_page_says_frame(file: Path) -> None:
    assert with_frame(Texts(file.read_text()).found) == []


def test_no_setting_says_frame() -> None:
    """docs/settings.md is made of their own words; so are the refusals of bad ones."""
    assert with_frame(settings_page.page().splitlines()) == []


def test_what_is_looked_for_is_found() -> None:
    """A test that finds nothing in anything would hold no word."""
    code = 'def f():\n    """No frame."""\n    log.info("frame deleted")\n    raise E(f"no frame {1}")\n'
    assert with_frame(Words(ast.parse(code)).found) == ["no frame "]
    assert with_frame(Words(ast.parse('"""Hourly frames."""\nprint(__doc__)')).found) == ["Hourly frames."]
    assert with_frame(Texts('<p title="A frame">Two frames, api/camera/frames</p>').found) == [
        "A frame",
        "Two frames, api/camera/frames",
    ]
    assert with_frame(["/api/camera/frames lists them", "data/camera/frames", "the rows are in frames.csv"]) == []
