"""The files in examples/ run unchanged, apart from the server's address."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from shared.control.messages import Proof
from tests.browser.site import PATIENCE_SECONDS, Feed, Pages, Site, filmed, running_site, serving_pages
from tests.shared.control.answering import answering
from tests.support.ports import free_port
from tests.support.services import ROOT
from tests.support.waiting import wait_until

EXAMPLES = ROOT / "examples"
THEIR_ADDRESS = "http://localhost:8001"
INSTALL_SECONDS = 180


@pytest.fixture
def place() -> Iterator[tuple[Site, Pages]]:
    """A camera, and a server for pages whose origin is allowed."""
    with serving_pages() as pages, running_site("camera_1", settings={"allowed_origins": pages.origin}) as site:
        yield site, pages


def example(site: Site, name: str) -> str:
    html = (EXAMPLES / name).read_text()
    assert THEIR_ADDRESS in html
    return html.replace(THEIR_ADDRESS, site.origin)


@pytest.mark.browser
def test_the_plain_page_moves(page: Page, place: tuple[Site, Pages]) -> None:
    """It contains no script."""
    site, pages = place
    page.goto(pages.put("/", example(site, "plain.html")), wait_until="commit")
    grays: set[int] = set()

    def two_were_shown() -> bool:
        png = np.frombuffer(page.locator("img").screenshot(), np.uint8)
        picture = cv2.imdecode(png, cv2.IMREAD_COLOR)
        assert picture is not None
        height, width = picture.shape[:2]
        grays.add(int(picture[height // 2, width // 2, 0]))
        return len(grays) > 1 and width == 640

    wait_until(two_were_shown, "two pictures are shown", PATIENCE_SECONDS)


@pytest.mark.browser
def test_the_elements_page_plays_and_shows_its_state(page: Page, place: tuple[Site, Pages]) -> None:
    """The text beside the picture follows the element's events."""
    site, pages = place
    page.goto(pages.put("/", example(site, "element.html")))
    feed = Feed(page)
    feed.is_("live", "websocket")
    feed.moves()
    expect(page.get_by_text("The camera is live.")).to_be_visible()


@pytest.mark.browser
@pytest.mark.clients("npm", "nodejs", "npm")
def test_the_react_page_plays_and_pauses(page: Page, place: tuple[Site, Pages], tmp_path: Path) -> None:
    """React sets attributes in its own way, and may remove and insert the element at any time."""
    site, pages = place
    for name in ("package.json", "garden.jsx"):
        (tmp_path / name).write_text((EXAMPLES / "react" / name).read_text())
    for command in (["npm", "install", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
    pages.put("/bundle.js", (tmp_path / "bundle.js").read_text(), Content_Type="text/javascript")
    page.goto(pages.put("/", example(site, "react/index.html")))
    feed = Feed(page)
    feed.is_("live", "websocket")
    feed.moves()
    wait_until(lambda: feed.facts()["fps"] in range(3, 7), "the requested fps is reached", PATIENCE_SECONDS)
    caption = page.get_by_role("figure").locator("figcaption")
    expect(caption).to_have_text("live")
    page.get_by_role("button", name="Pause").click()
    expect(caption).to_have_text("paused")
    wait_until(lambda: site.viewers("camera_1") == 0, "the camera has no viewers")
    page.get_by_role("button", name="Resume").click()
    expect(caption).to_have_text("live")


def test_the_asking_program_prints_the_state_and_the_tokens_and_says_why_it_was_refused() -> None:
    """Users may write programs of their own that ask ingest."""
    with answering() as control:
        command = [sys.executable, str(EXAMPLES / "control.py"), control.address]
        asked = subprocess.run([*command, "framecast_x"], capture_output=True, text=True, timeout=60, check=True)
        assert [json.loads(line)["did"] for line in asked.stdout.splitlines()] == ["state", "tokens"]
        assert [request.proof for request in control.handler.done] == [Proof(secret="framecast_x")] * 2  # noqa: S106 made up
        control.handler.refuses = True
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (refused.stderr, refused.returncode) == ("state: That is not the password.\n", 1)


def test_the_subscriber_keeps_the_newest_picture(tmp_path: Path) -> None:
    """Users may write programs of their own that subscribe to the bus."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    command = [sys.executable, str(EXAMPLES / "subscriber.py"), bus]
    with filmed(bus, "camera_1"), subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            first, second = (program.stdout.readline().split() for _ in range(2))
        finally:
            program.kill()
    assert first[0] == "camera_1"
    assert int(second[1]) > int(first[1])
    assert (tmp_path / "camera_1.jpg").read_bytes().startswith(b"\xff\xd8")
