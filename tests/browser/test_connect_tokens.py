"""The connect page makes tokens for programs, in real Chromium."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.household import claim, household, record
from tests.browser.sizes import SIZES, fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.web.support import bearer

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.mark.parametrize("size", SIZES)
def test_connect_makes_a_token_for_a_program(tmp_path: Path, chromium: Browser, size: str) -> None:
    """In the line, once, for this camera alone; where the program asks for a password, it is that."""
    with household(tmp_path) as home, opened(chromium, size, excused="status of") as page:
        page.goto(f"{home.origin}/connect?camera=cam2")
        expect(page.locator("#note")).to_contain_text("There is no password")
        expect(page.get_by_role("button", name="Make a token for VLC")).to_have_count(0)
        page.goto(f"{home.origin}/access")
        claim(page, home.owner.code())
        page.goto(f"{home.origin}/connect?camera=cam2")
        for program, pattern in (
            (
                "VLC",
                rf"^vlc 'http://viewer:(framecast_[\w-]{{43}})@127.0.0.1:{home.replica.port}/api/cameras/cam2/stream'$",
            ),
            ("OctoPrint", r"/api/cameras/cam2/stream\?token=(framecast_[\w-]{43})$"),
            ("Home Assistant", r"^(framecast_[\w-]{43})$"),
        ):
            page.get_by_role("button", name=f"Make a token for {program}").click()
            card = page.locator("#lines > section").filter(has=page.get_by_role("heading", name=program, exact=True))
            expect(card).to_contain_text("shown this once")
            lines = [re.search(pattern, line) for line in card.locator("code").all_inner_texts()]
            secret = next(found[1] for found in lines if found)
            assert home.replica.request("/api/cameras/cam2/stream/status", headers=bearer(secret))[0] == 200
            assert home.replica.request("/api/cameras/cam1/stream/status", headers=bearer(secret))[0] == 403
            assert home.replica.request("/api/camera/frames?camera=cam2", headers=bearer(secret))[0] == 403
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "connect-token")
        page.locator("#lines").get_by_role("link", name="Access").first.click()
        expect(record(page, "VLC: Back door")).to_contain_text("Back door, the live picture alone")
        expect(page.locator("#tokens .record")).to_have_count(3)
