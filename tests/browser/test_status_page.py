"""The status page in real Chromium: cameras, bus, archive and settings, also while parts of the system are down."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from services.ingest.sources import failure_reasons
from shared.bus.status import CameraState
from tests.browser.archive_site import Site, archive_site
from tests.browser.sizes import SIZES, fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.support.bus import FakeIngest, fake_ingest, status_of
from tests.support.replica import running_replica
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
REFUSED = "The camera refused the user name or password. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with archive_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    garden = status_of(
        "garden", codec="h264", bits_per_second=1_800_000, width=1920, height=1080, reconnects=2, viewer_count=3
    )
    printer = status_of(
        "printer",
        CameraState.UNAUTHORIZED,
        order=1,
        is_default=False,
        last_error=REFUSED,
        notices=("cameras.toml is not in force: line 3.",),
    )
    with fake_ingest(bus, garden, printer) as running:
        yield running


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    with opened(chromium, request.param) as page:
        yield page


def card(page: Page, key: str) -> Locator:
    return page.locator(f'[data-key="{key}"]')


def fact(page: Page, key: str, name: str) -> str:
    """The value of a named fact in a card, which may be folded."""
    row = card(page, key).locator("dl > div").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd").text_content() or ""


def test_a_healthy_system_is_shown_with_its_figures(page: Page, site: Site) -> None:
    """Figures of the archive, the bus, retention and the settings, on one page that fits."""
    page.goto(f"{site.origin}/status")
    # A problem of the archive's first seconds is asked about again after 20 s.
    expect(page.locator("#words")).to_have_text("All is well", timeout=60_000)
    expect(card(page, "camera_1")).to_contain_text("Live since 22 Nov 2026, 16:00")
    assert fact(page, "camera_1", "Archived every") == "30 days"
    wait_until(lambda: fact(page, "Archive", "Pictures") == "71", "the camera's own picture is counted too", 20)
    assert fact(page, "Archive", "Database") == "SQLite"
    assert re.fullmatch(r"[\d.,]+ [kMG]B", fact(page, "Archive", "Size"))
    assert fact(page, site.replica.hub.replica, "Viewers") == "0 of 1,000"
    expect(card(page, "Retention")).to_contain_text("Nothing goes by age in the next 30 days.")
    assert fact(page, "Retention", "Every picture") == "for ever"
    assert fact(page, "Archiver", "ARCHIVE_KEEP") == "all:forever"
    assert fact(page, "Stream", "VIEWER_STALL_SECONDS") == "60"
    expect(page.locator(".who")).to_be_hidden()
    assert fits(page)
    assert_accessible(page)
    keep_of(page, "status")


def test_times_are_in_the_servers_zone_with_utc_in_the_title(page: Page, site: Site) -> None:
    """Here both are UTC, and the browser in Berlin learns that."""
    page.goto(f"{site.origin}/status")
    since = card(page, "camera_1").locator("p time")
    expect(since).to_have_attribute("title", "2026-11-22 16:00:00 UTC")
    expect(since).to_have_text("22 Nov 2026, 16:00")
    expect(page.locator("footer")).to_contain_text("Times are those of UTC")


def test_problems_are_shown_with_what_to_do(page: Page, bus: str, ingest: FakeIngest) -> None:
    """Here a camera refuses the login, and no archiver runs."""
    del ingest
    with running_replica(bus) as replica:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        expect(page.locator("#problems")).to_contain_text(f"Printer: The camera refused the login. {REFUSED}")
        expect(page.locator("#problems")).to_contain_text("Check that the archiver runs, and ARCHIVER_URL.")
        expect(page.locator("#words")).to_have_text("3 things to look at")
        printer = card(page, "printer")
        expect(printer).to_contain_text(REFUSED)
        expect(printer).to_contain_text("cameras.toml is not in force: line 3.")
        expect(printer).to_have_attribute("data-state", "unauthorized")
        assert fact(page, "garden", "Picture") == "1920 \N{MULTIPLICATION SIGN} 1080"
        assert fact(page, "garden", "Bitrate") == "1.8 Mbit/s"
        assert fact(page, "garden", "Codec") == "H264"
        assert fact(page, "garden", "Reconnects") == "2"
        expect(card(page, "Archive")).to_contain_text("No answer")
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "status-problems")
        page.goto("about:blank")  # it asks each second, and would complain of a server that has ended


def test_what_programs_say_of_a_fault_is_folded(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """The fault and what to do are read first, here and on the live page; a protocol's words are for the details."""
    words = failure_reasons.refused_request("PLAY", "551 Option not supported")
    ingest.say(status_of("printer", CameraState.OFFLINE, order=1, is_default=False, last_error=words))
    with running_replica(bus) as replica, opened(chromium, "desk", excused="status of 50") as page:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        expect(card(page, "printer").locator(".error")).to_have_text(
            re.compile("^The camera's.* opened. `framecast rec")
        )
        assert fact(page, "printer", "Report").startswith("The camera says to PLAY: 551 Option not supported")
        expect(card(page, "printer").locator("details dl")).to_be_hidden()
        expect(page.locator("#problems")).not_to_contain_text("551")
        page.goto(f"http://127.0.0.1:{replica.port}/?camera=printer")
        over = page.locator(".chosen .over")
        expect(over).to_contain_text("can't be opened. `framecast record-camera")
        expect(over).not_to_contain_text("551")
        page.keyboard.press("i")
        expect(page.locator("#details")).to_contain_text("The camera says to PLAY: 551")


def test_a_change_appears_by_itself_and_the_focus_stays(page: Page, bus: str, ingest: FakeIngest) -> None:
    """Keyboard users must not lose their place every few seconds."""
    with running_replica(bus) as replica:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        link = page.get_by_role("link", name="Printer")
        link.focus()
        ingest.say(status_of("printer", order=1, is_default=False))
        expect(card(page, "printer")).to_contain_text("Live since")
        expect(card(page, "printer")).not_to_contain_text(REFUSED)
        expect(link).to_be_focused()
        ingest.say(status_of("printer", CameraState.REMOVED, order=1, is_default=False))
        expect(page.locator("#cameras > *")).to_have_count(1)


def test_a_stopped_server_is_reported_until_it_is_back(
    chromium: Browser, bus: str, ingest: FakeIngest, tmp_path: Path
) -> None:
    """Meanwhile the page shows the last known facts with their time. No reload is needed."""
    del ingest
    with opened(chromium, "desk", excused="") as page:
        with running_replica(bus) as replica:
            page.goto(f"http://127.0.0.1:{replica.port}/status")
            expect(card(page, "garden")).to_contain_text("Live since")
        expect(page.locator("#words")).to_have_text("Framecast does not answer")
        expect(page.locator("#problems")).to_contain_text("Framecast can't be reached.")
        expect(card(page, "garden")).to_contain_text("Live since")
        expect(page.locator("#asked")).to_contain_text("As of")
        environment = {"BUS_CONNECT": bus, "STREAM_PORT": str(replica.port)}
        service = ServiceProcess("services.stream", environment, tmp_path / "stream.log")
        try:
            expect(page.locator("#words")).not_to_have_text("Framecast does not answer")
            expect(page.locator("#problems")).not_to_contain_text("Framecast can't be reached.")
            expect(card(page, "garden")).to_contain_text("Live since")
        finally:
            service.stop()


def test_an_archiver_that_hangs_is_told_at_the_next_look(chromium: Browser, site: Site) -> None:
    """Its figures are asked for every 20 s, since they may cost something; whether it answers, each second."""
    hangs = "The archive does not answer, though it runs."
    with opened(chromium, "desk", excused="status of 504") as page:
        page.goto(f"{site.origin}/status")
        expect(page.locator("#words")).to_have_text("All is well", timeout=60_000)
        page.clock.install()
        page.route("**/frames/capturing", lambda route: route.fulfill(status=504, json={"detail": hangs}))
        page.clock.run_for(1_000)
        expect(page.locator("#problems")).to_have_text(hangs)
        expect(card(page, "Archive")).to_contain_text("No answer")
        page.unroute("**/frames/capturing")
        page.clock.run_for(2_000)
        expect(page.locator("#words")).to_have_text("All is well")


def test_trouble_of_the_disk_is_told_at_the_next_look(chromium: Browser, site: Site) -> None:
    """It comes with the answer that is asked for each second, and so does its end. The figures come every 20 s."""
    full = "No space left on device: nothing is archived."
    with opened(chromium, "desk", excused="") as page:
        page.goto(f"{site.origin}/status")
        expect(page.locator("#words")).to_have_text("All is well", timeout=60_000)
        page.clock.install()
        page.route("**/frames/capturing", lambda route: tell(route, full))
        page.clock.run_for(1_000)
        expect(page.locator("#problems")).to_have_text(f"Archive: {full}")
        expect(card(page, "Archive")).to_contain_text(full)
        page.unroute("**/frames/capturing")
        page.clock.run_for(1_000)
        expect(page.locator("#words")).to_have_text("All is well")


def tell(route: Route, *problems: str) -> None:
    """The true answer, with other problems."""
    route.fulfill(json=route.fetch().json() | {"problems": problems})


def test_a_silent_ingest_is_reported(page: Page, bus: str) -> None:
    """For the bus, and for each camera with the time of its last status."""
    with running_replica(bus) as replica:
        with fake_ingest(bus, status_of("garden")):
            page.goto(f"http://127.0.0.1:{replica.port}/status")
            expect(card(page, "garden")).to_contain_text("Live since")
        expect(card(page, "garden")).to_contain_text("Ingest is unreachable, last heard of")
        stream = card(page, replica.hub.replica)
        expect(stream).to_contain_text("Hears nothing on the bus")
        expect(stream).to_contain_text("Check that ingest runs")


def test_different_versions_are_reported(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """One host may have missed an update."""
    ingest.say(status_of("garden", ingest_version="0.0.9"))
    with running_replica(bus) as replica, opened(chromium, "desk") as page:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        expect(page.locator("#problems")).to_contain_text("different versions, 0.1.0 and 0.0.9")


def test_a_hidden_page_sends_no_requests(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """A forgotten tab costs the server nothing."""
    del ingest
    with running_replica(bus) as replica, opened(chromium, "desk") as page:
        page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.isAway ?? false })")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.install()
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        expect(card(page, "garden")).to_be_visible()
        page.evaluate("window.isAway = true")
        before = len(asked)
        page.clock.run_for(60_000)
        assert len(asked) == before
        page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
        wait_until(lambda: len(asked) > before, "the visible page sends a request at once")


def test_retention_is_explained_with_what_will_be_deleted(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From the archiver's own rules and forecast."""
    directory = tmp_path_factory.mktemp("kept")
    rules = {"ARCHIVE_KEEP": "all:4d,daily@12:00:2y", "ARCHIVE_MAX_BYTES": "5000000000"}
    with archive_site(directory, settings=rules) as site, opened(chromium, "desk") as page:
        page.goto(f"{site.origin}/status")
        retention = card(page, "Retention")
        expect(retention).to_contain_text("By age will go:")
        assert fact(page, "Retention", "Every picture") == "for 4 days"
        assert fact(page, "Retention", "Of each day the picture nearest to 12:00") == "for 2 years"
        assert fact(page, "Retention", "Pictures captured by hand") == "for ever"
        expect(retention).to_contain_text("Beyond 5 GB the oldest pictures go, too.")
        expect(retention.locator("dl").first).to_contain_text(re.compile(r"\d+ pictures?, [\d.]+ kB"))


def test_everything_is_checked_at_the_press_of_a_button(page: Page, bus: str, ingest: FakeIngest) -> None:
    """What is wrong first, in the server's words, with what to do; read aloud, and without a jump of the focus."""
    del ingest
    with running_replica(bus) as replica:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        button, found = page.get_by_role("button", name="Check everything"), page.locator("#check-words li")
        expect(card(page, "printer")).to_be_visible()
        expect(found).to_have_count(0)
        button.press("Enter")
        expect(button).to_be_enabled()
        expect(found.filter(has_text="Camera Printer:")).to_have_count(2)
        expect(found.nth(0)).to_have_text(
            "Camera Garden: The camera counts as connected, but a viewer got no picture in "
            "time. Set a key frame interval (GOP, I-frame interval) of one or two seconds in the camera."
        )
        expect(found.nth(1)).to_contain_text(f"Camera Printer: The camera refused the login. {REFUSED}")
        expect(found.nth(2)).to_contain_text("Archive: The archive can't be reached. Check that the archiver runs")
        expect(page.locator("#check-words li:not(.error)").last).to_have_text("Versions: All services are 0.1.0.")
        assert fits(page)
        assert_accessible(page)
        page.goto("about:blank")


def test_a_check_that_can_not_be_done_says_why(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """Another one is under way, say."""
    del ingest
    with running_replica(bus) as replica, opened(chromium, "desk", excused="status of") as page:
        page.route(
            "**/api/check", lambda route: route.fulfill(status=429, json={"detail": "Another one is under way."})
        )
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        page.get_by_role("button", name="Check everything").click()
        expect(page.locator("#check-words")).to_have_text("Another one is under way.")
        expect(page.get_by_role("button", name="Check everything")).to_be_enabled()
        page.goto("about:blank")


@pytest.mark.parametrize("size", SIZES)
def test_a_logged_in_viewer_can_log_out(chromium: Browser, bus: str, ingest: FakeIngest, size: str) -> None:
    """On every screen size. The page names the role and contains no password."""
    del ingest
    asked_meanwhile = ("status of 502", "status of 401")
    with running_replica(bus, settings=SECRETS) as replica, opened(chromium, size, excused=asked_meanwhile) as page:
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        page.fill("#password", VIEWER)
        page.press("#password", "Enter")
        expect(page.locator(".who")).to_contain_text("Viewer")
        expect(card(page, "garden")).to_be_visible()
        assert fits(page)
        assert_accessible(page)
        for secret in SECRETS.values():
            assert secret not in page.content()
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_title(re.compile("Log in"))
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        expect(page).to_have_title(re.compile("Log in"))
