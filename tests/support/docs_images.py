"""The screenshots in docs/images, taken from the real stack: `scripts/screenshots`."""

import json
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from shared.control.local import ask_here
from tests.support.browser import running_chromium
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, Stack
from tests.support.waiting import wait_until

IMAGES: Final = ROOT / "docs/images"
MAX_BYTES: Final = 150_000
DESK, TABLET, PHONE = (1440, 900), (820, 1180), (390, 844)
LIVE: Final = "[data-state=live] camera-feed[data-state=live]"
ARCHIVED_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot: of the page at `path`, when `ready` matches, after the `keys` were pressed. Those of the operator
    come last, since nobody else is let in then.
    """

    name: str
    path: str
    ready: str
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "dark"
    keys: str = ""
    is_operators: bool = False


SHOTS: Final = (
    Shot("page.jpg", "", f"{LIVE}, #archive img", keys="i"),
    Shot("live-light.webp", "", LIVE, scheme="light"),
    Shot("live-phone.webp", "", LIVE, PHONE),
    Shot("timeline.webp", "archive", "main canvas, main img"),
    Shot("timeline-phone.webp", "archive", "main canvas, main img", PHONE, "light"),
    Shot("status.webp", "status", "main [data-state=live]"),
    Shot("connect.webp", "connect", "main code", scheme="light"),
    Shot("access.webp", "access", ".record", scheme="light", is_operators=True),
    Shot("access-tablet.webp", "access", ".record", TABLET, is_operators=True),
    Shot("cameras.webp", "cameras", "#adding:not([hidden])", scheme="light", is_operators=True),
    Shot("cameras-phone.webp", "cameras", "#adding:not([hidden])", PHONE, is_operators=True),
    Shot("access-phone.webp", "access", ".record", PHONE, is_operators=True),
)


def main() -> int:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        control = f"tcp://127.0.0.1:{free_port()}"
        stack = Stack(Path(directory), BUS_CONTROL=control, OWNER_DIR=f"{directory}/owner")
        subprocess.run(
            [sys.executable, "-m", "services.archiver.demo", "--days", str(ARCHIVED_DAYS)],
            cwd=ROOT,
            env={**ALONE, **stack.environment},
            check=True,
        )
        with stack, running_chromium() as browser:
            session = ""
            for shot in SHOTS:
                if shot.is_operators and not session:
                    session = _claim(stack)
                if not wanted or shot.name in wanted:
                    _take(browser, stack.origin, shot, session)
    return 0


def _claim(stack: Stack) -> str:
    """Set the operator's password, and decide some things; the operator's session."""

    def send(method: str, path: str, body: dict[str, object], session: str = "") -> str:
        headers = {"Content-Type": "application/json", "Cookie": f"framecast_session={session}"}
        request = urllib.request.Request(f"{stack.origin}{path}", json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.headers.get("Set-Cookie", ""))

    code = ask_here(Path(stack.environment["OWNER_DIR"]) / "control.sock", "setup_code", {})["code"]
    password = {"password": "digging in the garden", "code": code}
    session = send("PUT", "/api/access/passwords/operator", password).partition("=")[2].partition(";")[0]
    for name, more in (("Tablet in the hall", {"archive": False}), ("Home Assistant", {"cameras": ["camera_1"]})):
        send("POST", "/api/access/tokens", {"name": name, **more}, session)
    send("POST", "/api/camera/links", {"camera": "camera_1", "expires_in_seconds": 86_400}, session)
    return session


def _take(browser: Browser, origin: str, shot: Shot, session: str) -> None:
    width, height = shot.size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if shot.size is PHONE else 1,
        color_scheme=shot.scheme,
        locale="en-GB",
        timezone_id="UTC",
    )
    if session:
        page.context.add_cookies([{"name": "framecast_session", "value": session, "url": origin}])
    page.goto(f"{origin}/{shot.path}")
    page.wait_for_selector(shot.ready)
    for key in shot.keys:
        page.keyboard.press(key)
    _settle(page)
    _write(IMAGES / shot.name, page.screenshot())
    page.close()


def _settle(page: Page) -> None:
    """Wait until all pictures are loaded, and the shown rates are those of a whole second."""
    # Polled from here: the pages' policy forbids functions made from strings, which Playwright's own waiting uses.
    wait_until(lambda: page.evaluate("[...document.images].every(image => image.complete)"), "all pictures are loaded")
    page.wait_for_timeout(3_000)


def _write(path: Path, png: bytes) -> None:
    """Write with the best quality that stays within the size limit of a document's picture."""
    image = Image.open(BytesIO(png)).convert("RGB")
    for quality in range(90, 30, -10):
        image.save(path, quality=quality)
        if path.stat().st_size <= MAX_BYTES:
            break
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    sys.exit(main())
