"""A replica whose access is decided at the page: two cameras, and what ingest keeps, by ingest's own code."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page, expect

from shared.bus.status import CameraState
from tests.browser.site import Cameras, filmed
from tests.support.kept_owner import KeptOwner, kept_owner
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

PASSWORD: Final = "digging in the garden"  # noqa: S105 the test's own


@dataclass
class Household:
    """A replica with two cameras, and what ingest keeps."""

    replica: Replica
    owner: KeptOwner
    cameras: Cameras

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.replica.port}"


@contextmanager
def household(directory: Path, **settings: object) -> Iterator[Household]:
    bus = f"tcp://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        cameras = stack.enter_context(filmed(bus, "cam1", "cam2"))
        cameras.say("cam2", CameraState.LIVE, name="Back door", order=1)
        owner = stack.enter_context(kept_owner(cameras.ingest, directory / "owner"))
        replica = stack.enter_context(running_replica(bus, owner=owner.access(bus), settings=settings))
        wait_until(lambda: replica.request("/api/devices")[0] == 200, "it knows ingest's state")
        wait_until(lambda: len(replica.known_cameras()) == 2, "the cameras are known")
        yield Household(replica, owner, cameras)


def claim(page: Page, code: str) -> None:
    page.get_by_label("Setup code").fill(code)
    form = page.locator("form#operator")
    form.get_by_label("New password").fill(PASSWORD)
    form.get_by_role("button", name="Set it").click()
    expect(form.get_by_role("status")).to_contain_text("The password is set")
    expect(page.locator("#claim")).to_be_hidden()


def record(page: Page, title: str) -> Locator:
    """What is listed with this title."""
    return page.locator(".record").filter(has=page.get_by_text(title, exact=True))
