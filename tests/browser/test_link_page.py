"""The page of a share link in real Chromium: a camera, an archived picture, a time-lapse; live, ended and gone."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sizes import opened
from tests.support.archive import MadeArchive
from tests.support.asking import answers, ask
from tests.support.bus import fake_ingest, status_of
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, bearer
from tests.web.test_matrix import filming

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
DAY = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=1)
OPERATOR = {"Content-Type": "application/json", **bearer(OPERATOR_TOKEN)}
LAPSES = "/api/camera/timelapses"


@dataclass(frozen=True)
class Shared:
    """A server with passwords and an archive. `frames` are the archived frames' ids, an hour apart from `DAY` on."""

    stack: Stack
    frames: list[int]

    def asked(self, method: str, path: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = ask(self.stack.stream_port, method, path, OPERATOR, None if wanted is None else json.dumps(wanted))
        assert answer.status < 300, answer.body
        found: dict[str, Any] = json.loads(answer.body) if answer.body else {}
        return found

    def page_of(self, **subject: object) -> str:
        """The address of the page of a link to `subject`."""
        return self.stack.origin + str(self.asked("POST", "/api/camera/links", subject)["page_url"])

    def timelapse(self, kind: str) -> str:
        """The id of one of all frames that has been rendered."""
        span = {"from": f"{DAY:%Y-%m-%dT%H:%M:%SZ}", "to": f"{DAY + timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}"}
        made = self.asked("POST", LAPSES, {"camera": "cam1", "format": kind, "width": 160, **span})
        wait_until(lambda: self.asked("GET", f"{LAPSES}/{made['id']}")["state"] == "done", "it is rendered", 60)
        return str(made["id"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    secrets = {name.upper(): value for name, value in SECRETS.items()}
    stack = Stack(tmp_path_factory.mktemp("links"), ARCHIVE_TIME_ZONE="Asia/Kathmandu", **secrets)
    archive = MadeArchive.on_disk(stack.environment)
    frames = [archive.frame(DAY + timedelta(hours=hour), camera_key="cam1").id or 0 for hour in range(4)]
    bus = stack.environment["BUS_BIND"]
    with fake_ingest(bus, status_of("cam1")) as ingest, filming(ingest), closing(stack._stack):
        for name in ("stream", "archiver"):
            stack.start(name)
        wait_until(partial(answers, stack.stream_port), "stream answers", 60)
        listed = partial(ask, stack.stream_port, "GET", "/api/camera/frames", OPERATOR)
        wait_until(lambda: listed().status == 200, "the archive is open", 60)
        wait_until(lambda: b"cam1" in ask(stack.stream_port, "GET", "/api/devices", OPERATOR).body, "it is known")
        yield Shared(stack, frames)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """With Berlin's clock. Any error in its console fails the test."""
    with opened(chromium, "desk", excused="status of 404") as page:
        yield page


def is_painted(page: Page, selector: str) -> bool:
    return bool(page.locator(selector).evaluate("image => image.complete && image.naturalWidth > 0"))


def test_a_cameras_page_has_one_clock(page: Page, shared: Shared) -> None:
    """That of the installation, for the picture as for the link's end."""
    page.goto(shared.page_of(camera="cam1"))
    assert page.locator("html").get_attribute("data-zone") == "Asia/Kathmandu"
    expect(page.locator("#state")).to_contain_text("Live. Picture of")
    expect(page.locator("p.soft")).to_contain_text("+0545")
    captured = page.evaluate("document.querySelector('camera-feed').capturedAt.getTime()") / 1000
    there = [datetime.fromtimestamp(captured + later, UTC) + timedelta(hours=5, minutes=45) for later in range(-3, 4)]
    shown = page.locator("#state").text_content() or ""
    assert any(f"{moment:%H:%M:%S}" in shown for moment in there), (shown, there)


def test_an_archived_pictures_page_shows_it_with_its_camera_and_time(page: Page, shared: Shared) -> None:
    """At ten in London it is a quarter to four in Kathmandu."""
    page.goto(shared.page_of(frame=shared.frames[0]))
    wait_until(lambda: is_painted(page, "main > img"), "the picture is there")
    expect(page.locator("#state")).to_contain_text(f"cam1. Picture of {DAY.day} {DAY:%b %Y}, 15:45.")
    expect(page.locator("h1")).to_have_text("An archived picture")


def test_a_deleted_pictures_page_says_so(page: Page, shared: Shared) -> None:
    """An empty page would look as if the link were broken."""
    address = shared.page_of(frame=shared.frames[3])
    shared.asked("DELETE", f"/api/camera/frames/{shared.frames[3]}")
    page.goto(address)
    expect(page.locator("#state")).to_have_text("It is no longer in the archive.")


def test_a_time_lapses_page_plays_it(page: Page, shared: Shared) -> None:
    """A film."""
    page.goto(shared.page_of(timelapse=shared.timelapse("webm")))
    film = page.locator("video")
    wait_until(lambda: film.evaluate("video => video.readyState >= 2 && video.videoWidth === 160"), "it can be played")


def test_a_time_lapse_that_is_an_animated_picture_is_shown_as_one(page: Page, shared: Shared) -> None:
    """No browser plays WebP as a film."""
    page.goto(shared.page_of(timelapse=shared.timelapse("webp")))
    wait_until(lambda: page.locator("main > img").count() == 1 and is_painted(page, "main > img"), "it is there")


def test_a_time_lapse_that_is_gone_is_said_to_be(page: Page, shared: Shared) -> None:
    """Films are let go after some time, links may last longer."""
    lapse = shared.timelapse("webp")
    address = shared.page_of(timelapse=lapse)
    shared.asked("DELETE", f"{LAPSES}/{lapse}")
    page.goto(address)
    expect(page.locator("#state")).to_have_text("It is no longer in the archive.")
