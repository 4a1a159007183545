"""The connect page in real Chromium: lines that work unchanged, copying also over plain http, and share links."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.other_computer import HOST, chromium_elsewhere
from tests.browser.sizes import SIZES, fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, SECRETS, VIEWER, VIEWER_TOKEN, bearer

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_elsewhere() as browser:
        yield browser


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    door = status_of("door", order=1, is_default=False, name='The "front" door')
    with fake_ingest(bus, status_of("garden"), door) as running:
        yield running


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    del ingest  # it is there
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        yield replica


@pytest.fixture
def locked(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    del ingest  # it is there
    with running_replica(bus, settings=SECRETS) as replica:
        devices = "/api/devices"
        wait_until(
            lambda: b"door" in replica.request(devices, headers=bearer(VIEWER_TOKEN))[2], "the cameras are known"
        )
        yield replica


def line(page: Page, title: str, name: str) -> Locator:
    """The line of this name in the card with this title."""
    card = page.locator("#lines > section").filter(has=page.get_by_role("heading", name=title, exact=True))
    return card.locator(".line").filter(has=page.get_by_text(name, exact=True)).locator("code")


def log_in(page: Page, password: str) -> None:
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_selector("#lines > section")


def status_code(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("size", SIZES)
def test_every_line_has_this_servers_own_address(chromium: Browser, replica: Replica, size: str) -> None:
    """The lines are pasted elsewhere, so they need the full address, as in the browser's address bar."""
    origin = f"http://127.0.0.1:{replica.port}"
    with opened(chromium, size) as page:
        page.goto(f"{origin}/connect")
        camera = f"{origin}/api/cameras/garden"
        expect(line(page, "Addresses", "Stream")).to_have_text(f"{camera}/stream")
        expect(line(page, "Addresses", "Snapshot")).to_have_text(f"{camera}/snapshot")
        expect(line(page, "Addresses", "WebSocket")).to_have_text(
            f"ws://127.0.0.1:{replica.port}/api/cameras/garden/ws"
        )
        expect(line(page, "Your own page", "Image")).to_have_text(f'<img src="{camera}/stream" alt="Garden">')
        expect(line(page, "Your own page", "Element")).to_contain_text(f'src="{origin}/camera-feed.js"')
        expect(line(page, "Home Assistant", "Still image URL")).to_have_text(f"{camera}/snapshot?stand_in=1")
        expect(line(page, "VLC", "Command")).to_have_text(f"vlc '{camera}/stream'")
        expect(line(page, "curl", "Command")).to_have_text(f"curl -o picture.jpg '{camera}/snapshot'")
        expect(line(page, "Frigate, go2rtc", "Source")).to_contain_text(
            f"garden: ffmpeg:{camera}/stream#input=clock#video=h264"
        )
        expect(line(page, "OpenCV", "Line")).to_have_text(f'capture = cv2.VideoCapture("{camera}/stream")')
        expect(page.locator("#note")).to_contain_text("There is no password")
        expect(page.get_by_role("button", name="Make a share link")).to_be_hidden()
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "connect")


def test_the_address_keeps_the_chosen_camera(chromium: Browser, replica: Replica) -> None:
    """A name with quotes does not break the markup."""
    with opened(chromium, "desk") as page:
        page.goto(f"http://127.0.0.1:{replica.port}/connect")
        page.get_by_label("Camera").focus()
        page.get_by_label("Camera").select_option("door")
        image = line(page, "Your own page", "Image")
        expect(image).to_contain_text('/api/cameras/door/stream" alt="The &quot;front&quot; door">')
        expect(page.get_by_label("Camera")).to_be_focused()
        page.reload()
        expect(image).to_contain_text("/api/cameras/door/stream")


@pytest.mark.parametrize("host", ["127.0.0.1", HOST])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_copying_a_line_is_confirmed(chromium: Browser, replica: Replica, host: str, size: str) -> None:
    """Also over plain http from another machine, where browsers give pages no access to the clipboard."""
    with opened(chromium, size) as page:
        page.goto(f"http://{host}:{replica.port}/connect")
        assert page.evaluate("isSecureContext") is (host != HOST)
        expect(page.locator("#note")).to_contain_text("There is no password")
        # A phone would look for the server on itself.
        assert ("Only this computer can look" in page.locator("#note").inner_text()) is (host != HOST)
        assert page.locator("#codes img").count() == (host == HOST)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        button = page.get_by_role("button", name="Copy Home Assistant: MJPEG URL")
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_text("Copied")
        expect(page.locator("#said")).to_have_text("Copied.")
        expect(button).to_be_focused()
        expect(button).to_have_text("Copy")
        page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))")
        page.locator("#pasted").focus()
        page.keyboard.press("Control+V")
        stream = f"http://{host}:{replica.port}/api/cameras/garden/stream?advance_headers=1"
        expect(page.locator("#pasted")).to_have_value(stream)


def test_no_placeholder_can_be_copied_and_a_password_is_never_shown(chromium: Browser, locked: Replica) -> None:
    """Not even the password that was just typed: it is in what is copied alone, as an address takes it."""
    with opened(chromium, "desk") as page:
        page.goto(f"http://{HOST}:{locked.port}/connect")
        log_in(page, VIEWER)
        expect(line(page, "VLC", "Command")).to_contain_text("http://viewer:PASSWORD@camera.lan")
        expect(line(page, "curl", "Command")).to_contain_text("curl -u viewer -o picture.jpg")
        home = page.locator("#lines > section").filter(has_text="Home Assistant")
        expect(home).to_contain_text("Username: viewer. Password: type the viewer")
        expect(line(page, "Home Assistant", "MJPEG URL")).not_to_contain_text("link=")
        expect(line(page, "Your own page", "Image")).to_contain_text("?link=LINK")
        lines = page.locator(".line")
        for unfinished in (lines.filter(has_text="LINK"), lines.filter(has_text="PASSWORD")):
            assert unfinished.count() > 2
            for each in unfinished.all():
                expect(each.get_by_role("button", include_hidden=True)).to_be_disabled()
                expect(each.locator("small")).to_have_text(re.compile("first\\.$"))
        expect(page.get_by_role("button", name="Copy Home Assistant: MJPEG URL")).to_be_enabled()
        page.locator("body").click()
        page.keyboard.press("Control+A")
        assert not re.search("PASSWORD|LINK", page.evaluate("getSelection().toString()"))
        assert_accessible(page)
        page.get_by_label("Viewer’s password, for programs").fill("it's @home")  # noqa: RUF001 as on the page
        expect(line(page, "VLC", "Command")).to_contain_text("http://viewer:PASSWORD@camera.lan")
        stream = f"http://viewer:it%27s%20%40home@{HOST}:{locked.port}/api/cameras/garden/stream"
        assert copied(page, "Copy VLC: Command") == f"vlc '{stream}'"
        for secret in (*SECRETS.values(), "it%27s"):
            assert secret not in page.content()


def copied(page: Page, name: str) -> str:
    """What the button of this name copies, by pasting it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=name).click()
    expect(page.locator("#said")).to_have_text("Copied.")
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'pasted' }))")
    page.locator("#pasted").focus()
    page.keyboard.press("Control+V")
    return page.locator("#pasted").input_value()


def test_where_others_can_look_the_lines_have_that_address_and_a_phone_can_scan_it(
    chromium: Browser, bus: str, ingest: FakeIngest
) -> None:
    """Opened at localhost, the page hands out the address that others use."""
    del ingest  # it is there
    site = SECRETS | {"site_address": f"http://{HOST}:81"}
    with running_replica(bus, settings=site) as replica, opened(chromium, "phone") as page:
        page.goto(f"http://127.0.0.1:{replica.port}/connect")
        log_in(page, OPERATOR)
        expect(page.locator("#note")).to_contain_text("at which others in your network can look")
        page.get_by_role("button", name="Make a share link").click()
        shared = page.locator("#codes > section").nth(1)
        expect(shared).to_contain_text("The share link on a phone")
        assert scanned(page, 0) == f"http://{HOST}:81/"
        address = shared.locator("code").inner_text()
        assert address.startswith(f"http://{HOST}:81/shared?link=")
        assert scanned(page, 1) == address
        assert "127.0.0.1" not in page.locator("main").inner_text()
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "connect-codes")


def scanned(page: Page, index: int) -> str:
    """The text of a QR code on the page, read as a phone's camera sees it."""
    code = page.locator("#codes img").nth(index)
    wait_until(lambda: code.evaluate("image => image.complete && image.naturalWidth > 0"), "the code is there")
    png = np.frombuffer(code.screenshot(), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    larger = cv2.resize(picture, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    return cv2.QRCodeDetector().detectAndDecode(larger)[0]


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_share_link_is_made_and_opens_just_that_camera(
    chromium: Browser, locked: Replica, ingest: FakeIngest, size: str
) -> None:
    """A viewer's link is valid for at most a day. It appears in the lines that need it."""
    with opened(chromium, size) as page:
        page.goto(f"http://127.0.0.1:{locked.port}/connect")
        log_in(page, VIEWER)
        offered = page.get_by_label("Link good for").locator("option").all_inner_texts()
        assert offered == ["1 hour", "6 hours", "1 day"]
        page.get_by_label("Link good for").select_option("6 hours")
        page.get_by_role("button", name="Make a share link").click()
        expect(page.locator("#note")).to_contain_text("It ends on ")
        expect(line(page, "Addresses", "Snapshot")).not_to_contain_text("LINK")
        snapshot = line(page, "Addresses", "Snapshot").inner_text()
        assert "LINK" not in page.locator("#lines").inner_text()
        expect(page.get_by_role("button", name="Copy Your own page: Image")).to_be_enabled()
        link = snapshot.split("?link=")[1]
        assert f'link="{link}"' in line(page, "Your own page", "Element").inner_text()
        wait_until(lambda: _shown(ingest, snapshot), "the link opens the picture", 20)
        assert status_code(snapshot.replace("garden", "door")) == 401
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "connect-link")
        page.get_by_label("Camera").select_option("door")
        expect(line(page, "Addresses", "Snapshot")).to_contain_text("door/snapshot?link=LINK")


def _shown(ingest: FakeIngest, url: str) -> bool:
    ingest.show(frame_of("garden"))
    return status_code(url) == 200


def test_an_operator_may_make_links_for_longer(chromium: Browser, locked: Replica) -> None:
    """Up to 30 days, and the page shows when the link runs out."""
    with opened(chromium, "desk") as page:
        page.goto(f"http://127.0.0.1:{locked.port}/connect")
        log_in(page, OPERATOR)
        page.get_by_label("Link good for").select_option("30 days")
        with page.expect_response("**/api/camera/links") as answer:
            page.get_by_role("button", name="Make a share link").click()
        told = json.loads(answer.value.text())["expires_at"]
        expect(page.locator("#note time")).to_have_attribute("title", f"{told[:19].replace('T', ' ')} UTC")


def test_without_a_camera_it_says_so_and_looks_again(chromium: Browser, bus: str) -> None:
    """On the first start, a user may open the page before ingest has sent a status."""
    with running_replica(bus) as replica, opened(chromium, "phone") as page:
        page.goto(f"http://127.0.0.1:{replica.port}/connect")
        expect(page.locator("#note")).to_contain_text("ingest service is not running")
        with fake_ingest(bus, status_of("garden")):
            expect(line(page, "Addresses", "Stream")).to_contain_text("garden/stream")
