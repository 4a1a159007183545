"""Who may come in, in real Chromium beside the real services: at a desk, and on a phone that is another computer.

The phone's browser is in a network namespace of its own, so nothing of it comes from loopback.
"""

import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from services.stream.base import access_texts
from tests.browser.sizes import fits, opened
from tests.support import brief_codes
from tests.support.accessibility import assert_accessible
from tests.support.browser import chromium_at
from tests.support.hosts import Host, guest
from tests.support.owned_stack import PASSWORD, OwnedStack, session_in
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.hosts]
PATIENCE_SECONDS = 60
expect.set_options(timeout=PATIENCE_SECONDS * 1000)
PICTURE = "#tiles > [data-camera=camera_1][data-state=live]"
ANOTHER = "and dug it all again"
EXCUSED = ("Failed to load resource", "HTTP Authentication failed")
"""What the browser says of each answer without a login, by HTTP and at a socket."""
Open = Callable[[str], Page]


@dataclass(frozen=True)
class Network:
    """`address` is the host of Framecast, as the phone reaches it."""

    phone: Host
    address: str
    browsers: dict[str, Browser]


@pytest.fixture(scope="module")
def network(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with (
        guest() as (phone, address),
        chromium_at(phone, chromium, tmp_path_factory.mktemp("phone")) as browser,
    ):
        yield Network(phone, address, {"phone": browser, "desk": chromium})


@pytest.fixture
def modules() -> dict[str, str]:
    """What runs in place of a service."""
    return {}


@pytest.fixture
def house(network: Network, tmp_path: Path, modules: dict[str, str]) -> Iterator[OwnedStack]:
    """It listens at the address that the phone reaches, has no password, and shows the demo scene."""
    names = ("ingest", "stream")
    with OwnedStack(tmp_path, names=names, modules=modules, STREAM_HOST=network.address) as house:
        yield house


@pytest.fixture
def open_at(network: Network, house: OwnedStack) -> Iterator[Open]:
    """Opens a page of its own at a device. All are closed before the server ends, whose pictures they would miss."""
    del house
    with ExitStack() as pages:

        def open_at(device: str) -> Page:
            return pages.enter_context(opened(network.browsers[device], device, excused=EXCUSED))

        yield open_at


on_each = pytest.mark.parametrize("device", ["phone", "desk"])


def as_typed(code: str) -> str:
    """As somebody types it who reads it from a screen: small letters, spaces, an O for 0 and an l for 1."""
    return f" {code.lower().replace('-', '  ').replace('0', 'o').replace('1', 'l')} "


def choose(page: Page, code: str | None, password: str = PASSWORD) -> None:
    """Type the code, unless the page has it already, and the password."""
    if code is not None:
        page.get_by_label(access_texts.CODE_LABEL).fill("")
        page.get_by_label(access_texts.CODE_LABEL).press_sequentially(code)
    page.get_by_label(access_texts.NEW).press_sequentially(password)
    page.keyboard.press("Enter")


def shows_the_picture(page: Page) -> None:
    expect(page.locator(PICTURE)).to_be_visible()


def visited(page: Page) -> list[str]:
    """All that the browser's history has of this tab."""
    session = page.context.new_cdp_session(page)
    entries = session.send("Page.getNavigationHistory")["entries"]
    session.detach()
    return [text for entry in entries for text in (entry["url"], entry["title"])]


@contextmanager
def watched(page: Page) -> Iterator[dict[str, int]]:
    """The statuses of what the page loads within the block, by path."""
    seen: dict[str, int] = {}

    def note(response: Any) -> None:
        seen[urllib.parse.urlsplit(response.url).path] = response.status

    page.on("response", note)
    yield seen
    page.remove_listener("response", note)


@on_each
def test_without_a_password_there_is_the_setup_page_alone_and_the_typed_code_opens_the_picture(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    page, code = open_at(device), house.code()
    for path in ("/", "/status", "/archive", "/connect", "/docs", "/login", "/api/devices", "/api/camera/stream"):
        with watched(page) as seen:
            page.goto(house.origin + path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Enter the setup code")
        assert page.url.partition("?")[0] == f"{house.origin}/setup", path
        assert not [one for one in seen if one.startswith("/api/") and seen[one] == 200], seen
    for path in ("/api/devices", "/api/camera/stream", "/api/camera/snapshot", "/api/status", "/readyz"):
        told = page.evaluate("path => fetch(path).then(a => a.text().then(t => [a.status, t]))", path)
        assert told[0] == 401, told
        assert "camera_1" not in told[1], told
    expect(page.get_by_role("alert")).to_contain_text("plain HTTP")
    assert "framecast setup-code" in page.inner_text("main")
    assert fits(page)
    assert_accessible(page)
    choose(page, as_typed(code))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(access_texts.IS_SET)
    expect(alert).to_contain_text(access_texts.others_open(f"{house.origin}/"))
    page.get_by_role("link", name="To the cameras").click()
    shows_the_picture(page)
    page.reload()
    shows_the_picture(page)


@on_each
def test_the_code_behind_the_hash_is_gone_from_address_and_history_and_sent_only_with_the_form(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    page, code = open_at(device), house.code()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url.partition("#")[0] + str(one.headers)))
    page.goto(f"{house.origin}/#{code}")
    expect(page.get_by_label(access_texts.CODE_LABEL)).to_have_value(code)
    assert page.url == f"{house.origin}/setup"
    assert page.evaluate("location.href + document.referrer") == f"{house.origin}/setup"
    choose(page, None)
    expect(page.get_by_role("alert")).to_contain_text(access_texts.IS_SET)
    page.get_by_role("link", name="To the cameras").click()
    shows_the_picture(page)
    history = visited(page)
    with suppress(Error):  # the browser may ask before it sends a form again
        page.go_back()
    for text in (*history, *sent, page.url):
        assert code not in text, text
    log = "".join(service.output() for service in house.services.values())
    assert code not in log
    assert PASSWORD not in log


def test_of_two_who_claim_at_once_one_wins_and_the_other_is_told(house: OwnedStack, open_at: Open) -> None:
    """Each with a password of its own. The one that was told gets nothing but the page again."""
    code, passwords = house.code(), {"phone": PASSWORD, "desk": ANOTHER}
    pages = {device: open_at(device) for device in passwords}
    for device, page in pages.items():
        page.goto(f"{house.origin}/#{code}")
        expect(page.get_by_label(access_texts.CODE_LABEL)).to_have_value(code)
        page.get_by_label(access_texts.NEW).fill(passwords[device])
    at = (time.time() + 2) * 1000
    for page in pages.values():
        page.evaluate("at => { setTimeout(() => document.forms[0].requestSubmit(), at - Date.now()); }", at)
    wait_until(lambda: all(map(told, pages.values())), "both are answered", 30)
    winners = [device for device, page in pages.items() if access_texts.IS_SET in told(page)]
    assert len(winners) == 1, {device: told(page) for device, page in pages.items()}
    (winner,), (loser,) = winners, [device for device in pages if device not in winners]
    assert "has used this setup code before you" in told(pages[loser])
    assert "framecast setup-code" in told(pages[loser])
    pages[loser].goto(f"{house.origin}/")
    expect(pages[loser].get_by_role("heading", level=1)).to_have_text("Log in")
    pages[winner].goto(f"{house.origin}/")
    shows_the_picture(pages[winner])
    assert house.log_in(passwords[winner]).status == 303
    assert house.log_in(passwords[loser]).status == 401


def told(page: Page) -> str:
    """The notice after the form was sent; empty before, and while the page changes."""
    with suppress(Error):
        text = page.get_by_role("alert").inner_text(timeout=500)
        return "" if text == access_texts.PLAIN_HTTP else text
    return ""


@on_each
def test_wrong_codes_wait_and_close_nothing(house: OwnedStack, open_at: Open, device: str) -> None:
    page, code = open_at(device), house.code()
    page.goto(f"{house.origin}/setup")
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.request.method == "POST" else None)
    for number in range(12):
        page.get_by_label(access_texts.CODE_LABEL).fill(f"AAAA-AAAA-{number:04}")
        page.get_by_label(access_texts.NEW).fill(PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if statuses[-1] == 429:
            break
    assert set(statuses[:-1]) == {401}, statuses
    assert (len(statuses) >= 6, statuses[-1]) == (True, 429), statuses
    expect(page.get_by_role("alert")).to_contain_text("Ingest takes the next one in")

    def is_taken() -> bool:
        page.goto(f"{house.origin}/setup")
        choose(page, code)
        expect(page.get_by_role("alert")).to_contain_text(access_texts.IS_SET, timeout=3000)
        return True

    wait_until(lambda: attempted(is_taken), "the right one is taken after the wait", 60)


def attempted(act: Callable[[], bool]) -> bool:
    try:
        return act()
    except AssertionError:
        return False


def is_out_of_date(page: Page) -> None:
    expect(page.get_by_role("alert")).to_contain_text("This setup code is wrong, or its time is over.")
    expect(page.get_by_role("alert")).to_contain_text("framecast setup-code")


@on_each
@pytest.mark.parametrize("modules", [{"ingest": "tests.support.brief_codes"}], ids=["brief"])
def test_a_code_whose_time_is_over_is_refused_with_the_command_for_another(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    page, code = open_at(device), house.code()
    time.sleep(2 * brief_codes.SECONDS)
    page.goto(f"{house.origin}/#{code}")
    choose(page, None)
    is_out_of_date(page)
    page.goto(house.origin)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter the setup code")


@on_each
def test_a_newer_code_takes_an_older_ones_place(house: OwnedStack, open_at: Open, device: str) -> None:
    page, older = open_at(device), house.code()
    newer = house.code()
    page.goto(f"{house.origin}/#{older}")
    choose(page, None)
    is_out_of_date(page)
    page.goto(f"{house.origin}/setup")
    choose(page, newer)
    expect(page.get_by_role("alert")).to_contain_text(access_texts.IS_SET)


@on_each
def test_a_forgotten_password_is_replaced_by_the_command_and_ends_all_sessions(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    """The other device's picture ends, and the old password opens nothing."""
    other = {"phone": "desk", "desk": "phone"}[device]
    mine, theirs = open_at(device), open_at(other)
    house.set_up(house.code())
    theirs.goto(f"{house.origin}/")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.keyboard.press("Enter")
    shows_the_picture(theirs)
    session = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in theirs.context.cookies())}
    assert house.status_of(session) == 200
    shown = house.command("setup_code")
    code = shown.partition("Setup code: ")[2].partition("\n")[0]
    assert len(code) == 14, shown
    mine.goto(f"{house.origin}/setup#{code}")
    choose(mine, None, ANOTHER)
    expect(mine.get_by_role("alert")).to_contain_text(access_texts.IS_SET)
    wait_until(lambda: house.status_of(session) == 401, "the other session has ended", 2)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Log in")
    assert house.log_in(PASSWORD).status == 401
    assert house.log_in(ANOTHER).status == 303
    mine.get_by_role("link", name="To the cameras").click()
    shows_the_picture(mine)


@on_each
def test_logging_out_everywhere_ends_every_session_and_its_picture(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    other = {"phone": "desk", "desk": "phone"}[device]
    pages = [open_at(one) for one in (device, other)]
    house.set_up(house.code())
    for page in pages:
        page.goto(f"{house.origin}/login")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        shows_the_picture(page)
    program = session_in(house.log_in())
    listed = json.loads(house.decide("GET", "/sessions", program).body)
    assert len([one for one in listed if not one["is_mine"]]) == 3
    ended = pages[0].evaluate("fetch('api/access/sessions?mine=true', {method: 'DELETE'}).then(a => a.status)")
    assert ended == 200
    wait_until(lambda: house.status_of(program) == 401, "they have ended", 2)
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


@on_each
def test_logging_out_at_one_device_ends_a_copy_of_its_cookie_and_nobody_elses(
    house: OwnedStack, open_at: Open, device: str
) -> None:
    other = {"phone": "desk", "desk": "phone"}[device]
    mine, theirs = open_at(device), open_at(other)
    house.set_up(house.code())
    for page in (mine, theirs):
        page.goto(f"{house.origin}/login")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        shows_the_picture(page)
    copy = {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in mine.context.cookies())}
    assert house.status_of(copy) == 200
    mine.get_by_role("button", name="Log out").click()
    expect(mine.get_by_role("heading", level=1)).to_have_text("Log in")
    wait_until(lambda: house.status_of(copy) == 401, "the copy has ended, too", 2)
    theirs.reload()
    shows_the_picture(theirs)
