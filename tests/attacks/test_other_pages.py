"""Pages of strangers in the owner's own browser, real Chromium, which is logged in here: what they send and read."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.attacks.conftest import Count
from tests.browser.site import Pages, serving_pages
from tests.support.browser import running_chromium
from tests.support.owned_stack import PASSWORD, Headers, OwnedStack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
TARGETS: Final = (
    ("POST", "/api/access/tokens", '{"name": "a stranger\'s", "role": "operator"}'),
    ("PUT", "/api/access/passwords/viewer", '{"password": "chosen by a stranger"}'),
    ("DELETE", "/api/access/sessions", None),
    ("DELETE", "/api/access/sessions?mine=true", None),
    ("POST", "/api/camera/links", '{"camera": "camera_1"}'),
    ("POST", "/api/camera/frames?camera=camera_1", None),
    ("POST", "/login", "password=digging"),
    ("POST", "/logout", ""),
    ("POST", "/setup", "code=AAAA-AAAA-AAAA&password=chosen+by+a+stranger"),
)
READS: Final = (
    "/api/devices",
    "/api/access",
    "/api/access/tokens",
    "/api/access/sessions",
    "/api/status",
    "/setup",
    "/",
)
FRAMED: Final = ("/setup", "/login", "/", "/status", "/connect")
_FETCH: Final = """async ([origin, method, path, body, mode, type]) => {
    const headers = body === null || !type ? {} : { "Content-Type": type };
    try {
        const answer = await fetch(origin + path, { method, body, mode, headers, credentials: "include" });
        return answer.type === "opaque" ? null : (await answer.text()).slice(0, 200);
    } catch { return null; }
}"""
_FORM: Final = """([origin, method, path, body, type]) => new Promise(resolve => {
    const frame = Object.assign(document.createElement("iframe"), { name: "target" + Math.random() });
    const form = Object.assign(document.createElement("form"),
        { action: origin + path, method, enctype: type, target: frame.name });
    for (const [name, value] of new URLSearchParams(body ?? "")) {
        form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(frame, form);
    frame.onload = () => setTimeout(resolve, 50);
    setTimeout(resolve, 5000);
    form.submit();
})"""
_SOCKET: Final = """([origin, path]) => new Promise(resolve => {
    const socket = new WebSocket(origin.replace("http", "ws") + path);
    socket.onmessage = () => resolve("a message");
    socket.onclose = socket.onerror = () => resolve(null);
    setTimeout(() => resolve(null), 5000);
})"""
_FRAME: Final = """([origin, path]) => new Promise(resolve => {
    const frame = Object.assign(document.createElement("iframe"), { src: origin + path });
    frame.onload = () => setTimeout(resolve, 100);
    setTimeout(resolve, 5000);
    document.body.append(frame);
})"""
_PIXELS: Final = """([origin, path]) => new Promise(resolve => {
    const image = new Image();
    image.onerror = () => resolve(null);
    image.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").drawImage(image, 0, 0);
        try { resolve(canvas.toDataURL()); } catch { resolve(null); }
    };
    image.src = origin + path;
})"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with serving_pages() as pages:
        yield pages


@pytest.fixture
def browser_of_the_owner(house: OwnedStack, operator: Headers, chromium: Browser) -> Iterator[BrowserContext]:
    assert operator
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{house.origin}/login")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.origin}/")
    page.close()
    yield context
    context.close()


@pytest.fixture(params=["the same host, another port", "another site"])
def stranger(request: pytest.FixtureRequest, pages: Pages, browser_of_the_owner: BrowserContext) -> Iterator[Page]:
    """A page with a stranger's script. To another port of one host the browser sends the owner's cookie."""
    address = pages.put("/evil", "<!doctype html><title>Win a prize</title><body>")
    if request.param == "another site":
        address = address.replace("127.0.0.1", "localhost")
    page = browser_of_the_owner.new_page()
    page.goto(address)
    yield page
    page.close()


def is_the_owners(house: OwnedStack, context: BrowserContext) -> bool:
    """Whether the owner is still logged in, and may decide."""
    shown = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in context.cookies(house.origin))}
    return house.decide("GET", "/tokens", shown).status == 200


def answers_to(page: Page) -> list[tuple[str, int]]:
    """Each request of the page from now on, and the status of its answer, which the browser may keep from the page."""
    asked: dict[str, str] = {}
    seen: list[tuple[str, int]] = []

    def sent(event: dict[str, Any]) -> None:
        asked[event["requestId"]] = f"{event['request']['method']} {event['request']['url']}"

    session = page.context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", sent)
    session.on(
        "Network.responseReceivedExtraInfo",
        lambda event: seen.append((asked.get(event["requestId"], "OPTIONS"), event["statusCode"])),
    )
    session.send("Network.enable")
    return seen


def test_a_strangers_page_writes_and_reads_nothing_by_script(
    house: OwnedStack, operator: Headers, stranger: Page, count: Count
) -> None:
    tally, before = count("requests of a stranger's page, by script"), house.tokens(operator)
    seen = answers_to(stranger)
    for method, path, body in TARGETS:
        for mode in ("cors", "no-cors"):
            for kind in ("", "text/plain", "application/x-www-form-urlencoded", "application/json"):
                read = stranger.evaluate(_FETCH, [house.origin, method, path, body, mode, kind])
                tally.attempt(f"{method} {path} {mode} {kind}", got_in=read is not None)
    for path in READS:
        for mode in ("cors", "no-cors"):
            read = stranger.evaluate(_FETCH, [house.origin, "GET", path, None, mode, ""])
            tally.attempt(f"GET {path} {mode}", got_in=read is not None)
    for path in ("/api/camera/snapshot", "/api/cameras/camera_1/snapshot"):
        read = stranger.evaluate(_PIXELS, [house.origin, path])
        tally.attempt(f"the pixels of {path}", got_in=read is not None)
    for what, status in seen:
        if not what.startswith(("GET", "OPTIONS", "HEAD")):
            tally.attempt(f"{what} was answered {status}", got_in=status != 403)
    assert any(what.startswith("POST") for what, _ in seen), "some did arrive here"
    assert house.tokens(operator) == before
    assert is_the_owners(house, stranger.context)
    assert house.log_in(PASSWORD).status == 303


def test_a_strangers_form_changes_nothing(house: OwnedStack, operator: Headers, stranger: Page, count: Count) -> None:
    tally, before = count("forms of a stranger's page"), house.tokens(operator)
    answered: list[Response] = []
    stranger.on("response", lambda answer: answered.append(answer) if answer.request.method == "POST" else None)
    for _, path, body in TARGETS:
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            stranger.evaluate(_FORM, [house.origin, "post", path, body, kind])
    wait_until(lambda: len(answered) >= len(TARGETS), "they are answered")
    for answer in answered:
        tally.attempt(f"{answer.url} was answered {answer.status}", got_in=answer.status != 403)
    assert house.tokens(operator) == before
    assert is_the_owners(house, stranger.context)


def test_a_strangers_page_opens_no_socket(house: OwnedStack, stranger: Page, count: Count) -> None:
    tally = count("sockets of a stranger's page")
    for path in ("/api/cameras/camera_1/ws", "/api/camera/ws", "/api/ws?src=camera_1"):
        message = stranger.evaluate(_SOCKET, [house.origin, path])
        tally.attempt(path, got_in=message is not None)


def test_a_strangers_page_frames_none_of_ours(house: OwnedStack, stranger: Page, count: Count) -> None:
    """So nobody is led to click or to type in one that does not look like ours. The setup page above all."""
    tally = count("frames of a stranger's page")
    for path in FRAMED:
        stranger.evaluate(_FRAME, [house.origin, path])
        frames: list[Any] = [frame for frame in stranger.frames if frame.url.startswith(house.origin)]
        tally.attempt(path, got_in=bool(frames))
    assert len(stranger.frames) > len(FRAMED)


def test_a_strangers_page_gets_no_code_that_stands_behind_the_hash(
    house: OwnedStack, stranger: Page, count: Count
) -> None:
    """A window that it has opened, and whose address it keeps asking for, tells it nothing."""
    tally, code = count("codes read by a stranger's page"), house.code()
    with stranger.context.expect_page() as opened:
        stranger.evaluate("address => { window.theirs = open(address); }", f"{house.origin}/setup")
    ours = opened.value
    ours.goto(f"{house.origin}/setup#{code}")
    ours.get_by_label("Setup code").wait_for()
    asks = "() => { try { return theirs.location.href + theirs.document.body.innerHTML; } catch { return ''; } }"
    for _ in range(10):
        tally.attempt("the window's address", got_in=code in json.dumps(stranger.evaluate(asks)))
    tally.attempt("the referrer", got_in=code in ours.evaluate("document.referrer"))
    ours.close()
