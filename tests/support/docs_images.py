"""The pictures of the pages in docs/images, taken of the real stack: `scripts/screenshots`."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support.browser import running_chromium
from tests.support.services import ROOT, Stack
from tests.support.waiting import wait_until

IMAGES: Final = ROOT / "docs/images"
MAX_BYTES: Final = 150_000
DESK, PHONE = (1440, 900), (390, 844)
LIVE: Final = "[data-state=live] camera-feed[data-state=live]"
ARCHIVED_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: of which page, at which size, when `ready` is there and after `keys` were pressed."""

    name: str
    path: str
    ready: str
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "dark"
    keys: str = ""


SHOTS: Final = (
    Shot("page.jpg", "", f"{LIVE}, #archive img", keys="i"),
    Shot("live-light.webp", "", LIVE, scheme="light"),
    Shot("live-phone.webp", "", LIVE, PHONE),
    Shot("timeline.webp", "archive", "main canvas, main img"),
    Shot("timeline-phone.webp", "archive", "main canvas, main img", PHONE, "light"),
    Shot("status.webp", "status", "main [data-state=live]"),
    Shot("connect.webp", "connect", "main code", scheme="light"),
)


def main() -> int:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        stack = Stack(Path(directory))
        subprocess.run(
            [sys.executable, "-m", "services.archiver.demo", "--days", str(ARCHIVED_DAYS)],
            cwd=ROOT,
            env=stack.environment,
            check=True,
        )
        with stack, running_chromium() as browser:
            for shot in SHOTS:
                if not wanted or shot.name in wanted:
                    _take(browser, stack.origin, shot)
    return 0


def _take(browser: Browser, origin: str, shot: Shot) -> None:
    width, height = shot.size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if shot.size is PHONE else 1,
        color_scheme=shot.scheme,
        locale="en-GB",
        timezone_id="UTC",
    )
    page.goto(f"{origin}/{shot.path}")
    page.wait_for_selector(shot.ready)
    for key in shot.keys:
        page.keyboard.press(key)
    _settle(page)
    _write(IMAGES / shot.name, page.screenshot())
    page.close()


def _settle(page: Page) -> None:
    """All pictures have come, and the rates shown are those of a whole second."""
    # Asked again and again from here: the pages' policy lets no function made of a string wait in them.
    wait_until(lambda: page.evaluate("[...document.images].every(image => image.complete)"), "all pictures have come")
    page.wait_for_timeout(3_000)


def _write(path: Path, png: bytes) -> None:
    """As good as may be within the size that a document's picture may have."""
    image = Image.open(BytesIO(png)).convert("RGB")
    for quality in range(90, 30, -10):
        image.save(path, quality=quality)
        if path.stat().st_size <= MAX_BYTES:
            break
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    sys.exit(main())
