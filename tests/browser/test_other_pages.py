"""Other people's pages and old browsers: frames, a clean console, and a picture all the same."""

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from shared.web.texts import EXPIRED_LINK
from tests.browser.site import Feed, Pages, Site, running_site
from tests.support.waiting import wait_until
from tests.web.support import SECRETS
from tests.web.test_guard import link_to

pytestmark = pytest.mark.browser

NO_STYLE_SHEETS = "window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); };"
NO_NEW_METHODS = "delete Object.hasOwn; delete Array.prototype.at;"


def console_errors(page: Page) -> list[str]:
    """They are in the list as soon as the page has them."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return errors


def page_with(site: Site, element: str) -> str:
    script = f'<script type="module" src="{site.origin}/camera-feed.js"></script>'
    return f"<!doctype html><link rel=icon href=data:,><title>Another site</title>{script}{element}"


def test_the_console_of_a_page_that_may_not_read_stays_clean(page: Page, pages: Pages, site: Site) -> None:
    """The element shows an <img> there, and asks for nothing that the browser would refuse to give it. The archive is
    away, too.
    """
    errors = console_errors(page)
    page.goto(pages.put("/", page_with(site, '<camera-feed camera="cam1"></camera-feed>')))
    feed = Feed(page)
    feed.is_("live", "img")
    wait_until(lambda: feed.facts()["width"] > 300, "a picture is shown")
    page.wait_for_timeout(3_000)  # it looks after its <img> every 2.5 s
    feed.is_("live", "img")
    assert errors == []


def test_the_console_of_a_page_with_a_link_stays_clean(page: Page, pages: Pages) -> None:
    """On a page of another site as on one of ours."""
    errors = console_errors(page)
    with running_site(settings=SECRETS) as site:
        link = link_to(site.replica, 600)
        signed = link["stream_url"].partition("link=")[2]
        page.goto(pages.put("/", page_with(site, f'<camera-feed camera="cam1" link="{signed}"></camera-feed>')))
        Feed(page).moves()
        page.goto(site.origin + link["page_url"])
        Feed(page).moves()
    assert errors == []


def test_a_refused_link_is_told_in_words_and_not_in_the_console(page: Page, pages: Pages) -> None:
    """Each way that was tried in vain was an error, some forty in a minute, and nobody knew that the link had ended."""
    errors = console_errors(page)
    with running_site(settings=SECRETS) as site:
        page.goto(pages.put("/", page_with(site, '<camera-feed camera="cam1" link="of last year"></camera-feed>')))
        feed = Feed(page)
        feed.is_("offline")
        wait_until(lambda: feed.facts()["reason"] == EXPIRED_LINK, "the page is told why")
    assert errors == []


def test_a_missing_login_is_no_error_of_another_kind(page: Page, pages: Pages) -> None:
    """Chromium may say "401" of an <img> that was refused, but not that it is forbidden to pages of other sites."""
    errors = console_errors(page)
    with running_site(settings=SECRETS) as site:
        page.goto(pages.put("/", page_with(site, '<camera-feed camera="cam1"></camera-feed>')))
        Feed(page).is_("offline")
    assert [text for text in errors if "status of 401" not in text] == []


def test_a_page_that_makes_its_elements_by_script_shows_the_camera_once(page: Page, pages: Pages, site: Site) -> None:
    """As React does: the attributes come later, each part is mounted, taken away and mounted again, and one that is
    drawn anew gets new attributes.
    """
    errors = console_errors(page)
    page.goto(pages.put("/", page_with(site, "<main></main>")))
    page.evaluate("""() => {
        const feed = document.createElement("camera-feed");
        const main = document.querySelector("main");
        main.append(feed);
        feed.setAttribute("camera", "cam1");
        feed.remove();
        main.append(feed);
        feed.setAttribute("quality", "auto");
    }""")
    feed = Feed(page)
    feed.is_("live", "img")
    wait_until(lambda: site.viewers() == 1, "it is one viewer")
    page.evaluate("document.querySelector('main').replaceChildren()")
    wait_until(lambda: site.viewers() == 0, "it has left")
    assert errors == []


def test_pictures_are_framed_anywhere_and_pages_by_allowed_origins(page: Page, pages: Pages) -> None:
    """Home Assistant's Webpage card, Mainsail, Organizr. The server names who may, and the browser obeys."""

    def frame(origin: str, path: str) -> FrameLocator:
        # A stream never ends loading.
        page.goto(pages.put(path, f'<!doctype html><iframe src="{origin}{path}"></iframe>'), wait_until="commit")
        return page.frame_locator("iframe")

    with running_site() as site:
        for path in ("/api/cameras/cam1/snapshot", "/api/cameras/cam1/stream"):
            frame(site.origin, path).locator("img").wait_for()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            frame(site.origin, "/connect")
    with running_site(settings={"allowed_origins": pages.origin}) as site:
        frame(site.origin, "/status").locator("main").wait_for()


@pytest.mark.parametrize("lacks", [NO_STYLE_SHEETS, NO_NEW_METHODS], ids=["iOS 16.3", "Safari 15.3"])
def test_an_old_browser_gets_an_img_and_words(chromium: Browser, site: Site, lacks: str) -> None:
    """It said 'Connecting…' for ever, and showed nothing."""
    page = chromium.new_page()
    page.add_init_script(lacks)
    page.goto(f"{site.origin}/", wait_until="commit")
    page.get_by_text("This browser is too old for this page. It needs").wait_for()
    image = page.locator("img[src='api/camera/stream']").first
    wait_until(lambda: image.evaluate("image => image.naturalWidth") > 300, "a picture is shown")
    words = page.get_by_text("Connecting…")
    wait_until(lambda: not any(each.is_visible() for each in words.all()), "nobody is told to wait")
    page.close()


def test_a_links_page_shows_the_camera_its_state_and_its_time(page: Page) -> None:
    """Whoever gets the link needs no more."""
    with running_site(settings=SECRETS) as site:
        page.goto(site.origin + link_to(site.replica, 600)["page_url"])
        feed = Feed(page)
        feed.is_("live")
        feed.moves()
        page.get_by_role("heading", name="Cam1").wait_for()
        page.get_by_text("This link ends").wait_for()
        page.get_by_text("Live. Picture of").wait_for()
