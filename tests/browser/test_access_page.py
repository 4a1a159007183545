"""The page of access in real Chromium, at phone and desk: what the operator decides there, and what becomes of it.

What ingest keeps is ingest's own, and so are the bus, the control socket and the replica.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.web.access import owner_access
from tests.browser.household import PASSWORD, Household, claim, household, record
from tests.browser.keyboard import tab_to
from tests.browser.site import Pages, serving_pages
from tests.browser.sizes import fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.support.figures import note
from tests.support.kept_owner import full_disk
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
LOOKING = "looking at the garden"
BOTH = ["phone", "desk"]
SECRET = re.compile(r"framecast_[\w-]{43}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Household]:
    """On loopback, and nothing is claimed. Last uses are told soon."""
    monkeypatch.setattr(owner_access, "USES_SECONDS", 0.5)
    with household(tmp_path) as home:
        yield home


@pytest.fixture(params=BOTH)
def page(request: pytest.FixtureRequest, chromium: Browser, home: Household) -> Iterator[Page]:
    """Of the operator, who has just chosen the password with the setup code."""
    with opened(chromium, request.param, excused="status of") as page:
        page.goto(f"{home.origin}/access")
        claim(page, home.owner.code())
        yield page


def make_token(page: Page, name: str) -> str:
    """Make one for the first camera, live alone; its secret."""
    form = page.locator("form#token")
    form.get_by_label("Name").fill(name)
    form.get_by_label("All cameras").uncheck()
    form.get_by_label("Cam1", exact=True).check()
    form.get_by_role("button", name="Make the token").click()
    expect(form.get_by_role("status")).to_contain_text("shown this once")
    found = SECRET.search(form.locator("#made code").inner_text())
    assert found is not None
    return found[0]


def logged_in(context_page: Page, home: Household, password: str, path: str = "access") -> None:
    context_page.goto(f"{home.origin}/login?next={path}")
    context_page.get_by_label("Password").fill(password)
    context_page.keyboard.press("Enter")
    expect(context_page.locator("header")).to_be_visible()


def test_a_token_is_made_shown_in_an_image_elsewhere_and_ended(page: Page, home: Household, chromium: Browser) -> None:
    """From the form to the end of the stream, within two seconds."""
    secret = make_token(page, "Wall tablet")
    tablet = record(page, "Wall tablet")
    expect(tablet).to_contain_text("Cam1, the live picture alone")
    expect(tablet).to_contain_text("not used yet")
    assert fits(page)
    assert_accessible(page)
    keep_of(page, "access-token")
    with serving_pages() as elsewhere, opened(chromium, "desk", excused="Failed to load") as wall:
        show(wall, elsewhere, f"{home.origin}/api/cameras/cam1/stream?token={secret}")
        wait_until(lambda: home.replica.hub.viewer_count("cam1") == 1, "it watches")
        wait_until(lambda: wall.evaluate("document.images[0].naturalWidth") > 0, "it shows a picture")
        tokens = f"{home.origin}/api/access/tokens"
        wait_until(lambda: page.request.get(tokens).json()[0]["used_at"], "its use is told")
        page.reload()
        expect(tablet).to_contain_text("last used")
        assert secret not in page.content(), "it is shown once"
        tablet.get_by_role("button", name="End: Wall tablet").click()
        expect(page.get_by_role("dialog")).to_contain_text("sees nothing from then on")
        page.get_by_role("button", name="Keep").click()
        assert home.replica.hub.viewer_count("cam1") == 1
        tablet.get_by_role("button", name="End: Wall tablet").click()
        with page.expect_response("**/api/access/tokens/*"):
            page.get_by_role("button", name="End", exact=True).click()
        begin = monotonic()
        wait_until(lambda: home.replica.hub.viewer_count("cam1") == 0, "the stream has ended", 2)
        note("seconds from the answer that a token has ended to its stream's end", monotonic() - begin)
    expect(page.locator("#done")).to_contain_text("“Wall tablet” has ended.")
    expect(tablet).to_have_count(0)
    expect(page.locator("#tokens-title")).to_be_focused()


def show(wall: Page, elsewhere: Pages, url: str) -> None:
    wall.goto(
        elsewhere.put("/wall", f'<!doctype html><title>Wall</title><img src="{url}" alt="">'), wait_until="commit"
    )


def test_two_browsers_and_one_logs_out_the_other(page: Page, home: Household, chromium: Browser) -> None:
    with opened(chromium, "desk", excused="status of 401") as other:
        logged_in(other, home, PASSWORD)
        expect(other.locator(".record").filter(has_text="This browser")).to_have_count(1)
        page.reload()
        expect(page.locator("#sessions .record")).to_have_count(2)
        expect(page.locator("#sessions .record").first).to_contain_text("This browser")
        theirs = page.locator("#sessions .record").last
        expect(theirs).to_contain_text("Chrome on Linux")
        expect(theirs).to_contain_text("from 127.0.0.1")
        theirs.get_by_role("button").click()
        page.get_by_role("button", name="End", exact=True).click()
        expect(page.locator("#sessions .record")).to_have_count(1)
        expect(page.get_by_role("button", name="Log out all other browsers")).to_be_hidden()
        other.reload()
        expect(other.get_by_label("Password")).to_be_visible()
        logged_in(other, home, PASSWORD)
        page.reload()
        page.get_by_role("button", name="Log out all other browsers").click()
        page.get_by_role("button", name="End", exact=True).click()
        expect(page.locator("#done")).to_contain_text("All other browsers are logged out.")
        other.reload()
        expect(other.get_by_label("Password")).to_be_visible()


def test_the_viewers_password_is_set_and_changed(page: Page, home: Household, chromium: Browser) -> None:
    """The viewer is told who may decide, with the way to log in."""
    form = page.locator("form#viewer")
    for password in ("first one to look", LOOKING):
        form.get_by_label("New password").fill(password)
        form.get_by_role("button", name="Set it").click()
        expect(form.get_by_role("status")).to_contain_text("The password is set")
        expect(form.get_by_label("New password")).to_have_value("")
    expect(form).to_contain_text("Set on this page.")
    with opened(chromium, "phone", excused="status of") as viewer:
        viewer.goto(f"{home.origin}/login")
        viewer.get_by_label("Password").fill("first one to look")
        viewer.keyboard.press("Enter")
        expect(viewer.get_by_role("alert")).to_contain_text("That is not the password.")
        logged_in(viewer, home, LOOKING)
        expect(viewer.locator("main")).to_contain_text("Only the operator can do this.")
        expect(viewer.get_by_role("button", name="Make the token")).to_be_hidden()
        expect(viewer.locator("main").get_by_role("link", name="Log in as operator")).to_be_visible()
        expect(viewer.locator("nav").get_by_role("link", name="Access")).to_have_count(1)
        assert fits(viewer)
        assert_accessible(viewer)


def test_what_is_wrong_stands_beside_its_field(page: Page) -> None:
    """And goes when the field is changed. Nothing is sent before."""
    form = page.locator("form#viewer")
    field = form.get_by_label("New password")
    field.press_sequentially("short")
    form.get_by_role("button", name="Set it").click()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    note = form.locator("small.error")
    expect(note).to_contain_text("8")
    expect(field).to_have_accessible_description(note.inner_text())
    assert_accessible(page)
    field.press_sequentially(" no longer")
    expect(note).to_have_count(0)
    field.fill(PASSWORD)
    form.get_by_role("button", name="Set it").click()
    expect(form.get_by_role("status")).to_contain_text("must be different")
    token = page.locator("form#token")
    token.get_by_label("Name").fill("Nothing")
    token.get_by_label("All cameras").uncheck()
    token.get_by_role("button", name="Make the token").click()
    expect(token.locator("small.error")).to_contain_text("Choose a camera")


def test_a_share_link_is_listed_and_ended(page: Page, home: Household) -> None:
    page.goto(f"{home.origin}/connect?camera=cam2")
    page.get_by_role("button", name="Make a share link").click()
    expect(page.locator("#note")).to_contain_text("It ends on ")
    page.goto(f"{home.origin}/access")
    link = page.locator("#links .record")
    expect(link).to_contain_text("Back door")
    link.get_by_role("button", name="End: Back door").click()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator("#links")).to_contain_text("There are no share links.")


def test_a_full_disk_is_said(page: Page, home: Household) -> None:
    with full_disk(home.owner):
        page.locator("form#token").get_by_label("Name").fill("Unlucky")
        page.get_by_role("button", name="Make the token").click()
        expect(page.locator("form#token").get_by_role("status")).to_contain_text("not on the disk yet")


def test_where_nothing_is_claimed_a_code_is_asked_for(home: Household, chromium: Browser) -> None:
    """Beside its field, before anything is sent."""
    with opened(chromium, "phone", excused="status of") as page:
        page.goto(f"{home.origin}/")
        page.locator("nav").get_by_role("link", name="Access").click()
        expect(page.locator("#claim")).to_contain_text("Nobody has set a password yet")
        expect(page.locator("#sessions-title")).to_be_hidden()
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "access-unclaimed")
        form = page.locator("form#operator")
        form.get_by_label("New password").fill(PASSWORD)
        form.get_by_role("button", name="Set it").click()
        expect(page.get_by_label("Setup code")).to_be_focused()
        expect(page.locator("#claim small.error")).to_contain_text("Enter the setup code")
        page.get_by_label("Setup code").fill("AAAA-AAAA-AAAA")
        form.get_by_role("button", name="Set it").click()
        expect(form.get_by_role("status")).to_contain_text("wrong")
        claim(page, home.owner.code())
        expect(page.locator("#sessions .record")).to_contain_text("This browser")


def test_all_of_it_by_the_keyboard(home: Household, chromium: Browser) -> None:
    """Claim, make a token, copy it, end it, log out: no mouse."""
    with opened(chromium, "desk", excused="status of") as page:
        page.goto(f"{home.origin}/access")
        expect(page.locator("#claim")).to_be_visible()
        tab_to(page, page.get_by_label("Setup code"))
        page.keyboard.type(home.owner.code())
        tab_to(page, page.locator("form#operator").get_by_label("New password"))
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#claim")).to_be_hidden()
        tab_to(page, page.get_by_label("Name"))
        page.keyboard.type("Typed")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Copy the token of Typed")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_have_text("Copied.")
        tab_to(page, page.get_by_role("button", name="End: Typed"))
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_role("button", name="End", exact=True))
        page.keyboard.press("Enter")
        expect(page.locator("#done")).to_contain_text("“Typed” has ended.")
        tab_to(page, page.locator("#sessions").get_by_role("button"))
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_role("button", name="End", exact=True))
        page.keyboard.press("Enter")
        expect(page.locator("#password")).to_be_visible()


def test_it_works_under_a_path(tmp_path: Path, chromium: Browser) -> None:
    with household(tmp_path, base_path="/cameras") as home, opened(chromium, "phone", excused="status of") as page:
        page.goto(f"{home.origin}/cameras/access/")
        claim(page, home.owner.code())
        assert page.url == f"{home.origin}/cameras/access"
        make_token(page, "Below")
        expect(record(page, "Below")).to_have_count(1)
