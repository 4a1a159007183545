"""<camera-feed> in other people's pages: another origin, a strict content policy, a password, a share link."""

import json

import pytest
from playwright.sync_api import Page

from tests.browser.site import Feed, Pages, Site, running_site
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER_TOKEN, bearer

pytestmark = pytest.mark.browser


def page_of(site: Site, attributes: str = "") -> str:
    return f"""<!doctype html><title>Another site</title>
        <script type="module" src="{site.origin}/camera-feed.js"></script>
        <camera-feed camera="cam1" {attributes}></camera-feed>"""


def test_on_a_page_of_another_origin_it_falls_back_to_an_img(page: Page, pages: Pages, site: Site) -> None:
    """Such a page may show pictures but not read their bytes."""
    page.goto(pages.put("/", page_of(site)))
    feed = Feed(page)
    feed.is_("live", "img")
    wait_until(lambda: feed.facts()["width"] > 300, "a picture is shown")
    assert site.viewers() == 1
    assert feed.facts()["ageMs"] is None, "an <img> can't know the age"
    page.evaluate("document.querySelector('camera-feed').remove()")
    wait_until(lambda: site.viewers() == 0, "the connection is released")


def test_an_allowed_origin_gets_the_websocket(page: Page, pages: Pages) -> None:
    """ALLOWED_ORIGINS is the only setting needed."""
    with running_site(settings={"allowed_origins": pages.origin}) as site:
        page.goto(pages.put("/", page_of(site)))
        feed = Feed(page)
        feed.is_("live", "websocket")
        feed.moves()


def test_a_share_link_is_enough_on_any_page(page: Page, pages: Pages) -> None:
    """Anybody may load the module. The camera is open to anybody who holds a link to it."""
    with running_site(settings=SECRETS) as site:
        page.goto(pages.put("/locked", page_of(site)))
        locked = Feed(page)
        locked.is_("offline")
        assert "a login, a link or this page in ALLOWED_ORIGINS" in locked.facts()["reason"]

        wish = json.dumps({"camera": "cam1"}).encode()
        headers = {"Content-Type": "application/json", **bearer(VIEWER_TOKEN)}
        _, _, answer = site.replica.request("/api/camera/links", "POST", headers, wish)
        link = json.loads(answer)["websocket_url"].partition("link=")[2]
        page.goto(pages.put("/linked", page_of(site, f'link="{link}"')))
        feed = Feed(page)
        feed.is_("live", "websocket")
        feed.moves()


def test_the_module_is_open_to_all_and_nothing_else_is(page: Page, pages: Pages) -> None:
    """Unlike an image, a module from another origin needs the server's permission."""
    with running_site(settings=SECRETS) as site:
        for method in ("GET", "HEAD"):
            status, headers, _ = site.replica.request("/camera-feed.js", method)
            assert status == 200
            assert headers["access-control-allow-origin"] == "*"
            assert headers["cross-origin-resource-policy"] == "cross-origin"
            assert headers["content-type"].startswith("text/javascript")
        assert site.replica.request("/live.js")[0] == 401
        page.goto(pages.put("/", page_of(site), Cross_Origin_Embedder_Policy="require-corp"))
        wait_until(lambda: page.evaluate("!!customElements.get('camera-feed')"), "the module is loaded")


def test_it_respects_a_strict_content_policy(page: Page, pages: Pages, site: Site) -> None:
    """No inline style or script, no eval, no HTML from strings: a page has to allow only our server."""
    policy = (
        f"default-src 'none'; script-src {site.origin}; img-src {site.origin}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text))
    page.goto(pages.put("/", page_of(site, 'mode="img"'), Content_Security_Policy=policy))
    feed = Feed(page)
    feed.is_("live", "img")
    assert feed.evaluate("feed => getComputedStyle(feed.shadowRoot.querySelector('img')).objectFit") == "contain"
    # The policy forbids fetches and sockets, and the element does without them.
    complaints = [text for text in broken if "Content Security Policy" in text and "connect" not in text]
    assert complaints == []


def test_it_plays_under_the_content_policy_of_our_own_pages(page: Page, site: Site) -> None:
    """Our pages allow only their own origin and nothing inline."""
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text))
    page.goto(f"{site.origin}/archive")
    page.evaluate(
        """() => {
            document.body.replaceChildren(document.createElement("camera-feed"));
            const script = Object.assign(document.createElement("script"), { type: "module", src: "/camera-feed.js" });
            document.head.append(script);
        }"""
    )
    feed = Feed(page)
    feed.is_("live", "websocket")
    feed.moves()
    assert [text for text in broken if "Content Security Policy" in text] == []


def test_a_pages_style_reaches_the_parts(page: Page, pages: Pages, site: Site) -> None:
    """docs/camera-feed.md names the parts."""
    style = "<style>camera-feed::part(picture){object-fit:cover} camera-feed::part(age){color:rgb(1,2,3)}</style>"
    page.goto(pages.put("/", style + page_of(site)))
    feed = Feed(page)
    feed.is_("live")
    looks = """feed => [getComputedStyle(feed.shadowRoot.querySelector("canvas")).objectFit,
                        getComputedStyle(feed.shadowRoot.querySelector("[part=age]")).color]"""
    assert feed.evaluate(looks) == ["cover", "rgb(1, 2, 3)"]
