"""The archive's cameras and files in real Chromium: cameras that are gone, a new archive, rename, forget, check."""

import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.test_service import environment, running
from tests.support.accessibility import assert_accessible
from tests.support.archive import MadeArchive
from tests.support.bus import fake_ingest, status_of
from tests.support.replica import running_replica
from tests.support.screenshots import keep
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
RED, GREEN = (200, 30, 30), (30, 160, 60)


@dataclass
class Home:
    """A stack without ingest, over an archive in `directory`."""

    directory: Path
    env: dict[str, str]

    def make(self, camera_key: str, hours: int, colour: tuple[int, int, int]) -> MadeArchive:
        """Add frames of one colour, up to two hours ago."""
        (self.directory / "frames").mkdir(exist_ok=True)
        engine = open_engine(self.env["DATABASE_URL"])
        upgrade(engine)
        archive = MadeArchive(FrameFiles(LocalStore(self.directory / "frames")), FrameRows(engine))
        now = datetime.now(UTC).replace(minute=0, second=3, microsecond=0)
        for hour in range(2, 2 + hours):
            archive.frame(
                now - timedelta(hours=hour), camera_key=camera_key, picture=Image.new("RGB", (320, 180), colour)
            )
        engine.dispose()
        return archive

    def clear(self) -> None:
        """As the documents tell people to get rid of a demo archive."""
        shutil.rmtree(self.directory / "frames")
        shutil.rmtree(self.directory / "db")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, environment(tmp_path))


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """One profile with its cache."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="UTC", locale="en-GB")
    yield context
    context.close()


def archive_url(home: Home) -> str:
    return f"http://127.0.0.1:{home.env['ARCHIVER_PORT']}"


def track_colours(page: Page) -> set[str]:
    """Which of the two colours the small pictures of the track have."""
    with Image.open(io.BytesIO(page.locator("#track canvas").screenshot())) as picture:
        colours = [colour for _, colour in picture.convert("RGB").getcolors(1_000_000) or []]
    near = {"red": RED, "green": GREEN}
    return {
        name
        for name, wanted in near.items()
        for colour in colours
        if isinstance(colour, tuple) and all(abs(a - b) < 12 for a, b in zip(colour, wanted, strict=True))
    }


def test_a_new_archive_does_not_show_the_pictures_of_the_one_before(home: Home, browser: BrowserContext) -> None:
    """The ids are the same; the browser keeps sheets for a year."""
    with running_replica(home.env["BUS_CONNECT"], archiver_url=archive_url(home)) as replica:
        page = browser.new_page()
        for colour, hours, seen in ((RED, 60, "red"), (GREEN, 70, "green")):
            home.make("camera_1", hours, colour)
            with running(home.env):
                page.goto(f"http://127.0.0.1:{replica.port}/archive?camera=camera_1")
                expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
                wait_until(lambda: track_colours(page), "the track has pictures")
                page.wait_for_load_state("networkidle")
                assert track_colours(page) == {seen}
            home.clear()


def test_without_ingest_the_archive_is_shown_and_its_cameras_can_be_chosen(home: Home, browser: BrowserContext) -> None:
    """They are marked; the one with the newest picture comes first."""
    home.make("garden", 3, RED)
    home.make("porch", 4, GREEN)
    with (
        running_replica(home.env["BUS_CONNECT"], archiver_url=archive_url(home)) as replica,
        running(home.env),
    ):
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/archive")
        camera = page.get_by_label("Camera", exact=True)
        expect(camera.locator("option")).to_have_text(["garden (archive only)", "porch (archive only)"])
        expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
        expect(page.get_by_role("button", name="Capture now")).to_be_hidden()
        camera.select_option("porch")
        expect(page.locator("#span-note")).to_have_text("4 pictures.")
        expect(page.locator("#whole-note")).to_contain_text("No such camera is configured now.")
        page.locator("#whole summary").click()
        keep(page, "archived-camera")
        assert_accessible(page)


def test_a_removed_camera_is_renamed_and_forgotten_on_the_page(home: Home, browser: BrowserContext) -> None:
    """To forget it its key must be typed."""
    home.make("garden", 3, RED)
    with (
        fake_ingest(home.env["BUS_CONNECT"], status_of("porch")),
        running_replica(home.env["BUS_CONNECT"], archiver_url=archive_url(home)) as replica,
        running(home.env),
    ):
        wait_until(replica.knows_a_camera, "porch is known")
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/archive?camera=garden")
        expect(page.get_by_label("Camera", exact=True)).to_have_value("garden")
        page.locator("#whole summary").click()
        page.get_by_label("Its pictures get the key").fill("cellar")
        page.get_by_role("button", name="Rename").click()
        page.wait_for_url("**/archive?camera=cellar*")
        expect(page.locator("#span-note")).to_have_text("3 pictures.")
        page.locator("#whole summary").click()
        confirm = page.get_by_label("To delete all its pictures for good, type cellar")
        confirm.fill("garden")
        page.get_by_role("button", name="Forget").click()
        expect(page.locator("#whole-words")).to_contain_text("All pictures of 'cellar' would be lost")
        confirm.fill("cellar")
        page.get_by_role("button", name="Forget").click()
        expect(page.get_by_label("Camera", exact=True)).to_have_value("porch")
        assert not list((home.directory / "frames/cellar").rglob("*"))


def test_the_status_page_checks_all_files_and_takes_out_rows(home: Home, browser: BrowserContext) -> None:
    """It asks before it does."""
    archive = home.make("garden", 3, RED)
    row = archive.frame_rows.latest("garden")
    assert row is not None
    archive.frame_files.store.delete(row.path)
    with (
        running_replica(home.env["BUS_CONNECT"], archiver_url=archive_url(home)) as replica,
        running(home.env),
    ):
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/status")
        page.get_by_role("button", name="Check all files").click()
        expect(page.locator("#rescan-words")).to_contain_text("garden: 1 files are gone.")
        keep(page, "status-rescan")
        assert_accessible(page)
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Take out what is gone").click()
        expect(page.locator("#rescan-words")).to_contain_text("garden: 1 rows of missing files were taken out")
        expect(page.get_by_role("button", name="Take out what is gone")).to_be_hidden()
        assert archive.frame_rows.latest("garden") != row
