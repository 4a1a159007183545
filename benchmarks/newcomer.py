"""Somebody new to Framecast, as a script: from one pasted line on a host without a screen to the picture on the phone.

    .venv/bin/python -m benchmarks.newcomer [--rounds 3] [--download] [--camera]

Needs root. Host and phone are two network namespaces. The host clones this checkout and runs the line in a terminal;
the phone's Chromium opens the address that stands there, with the host's address in it. People would take longer:
nothing is counted for reading, and typing takes no time. Without `--download` the libraries are those of this
checkout's .venv, which are there at once. With it `scripts/setup run` fetches them first, and that is timed apart.
With `--camera` the newcomer goes on, and adds a camera at the page by an address with the password in it.
"""

import argparse
import os
import pty
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Page

from benchmarks.cores import clean_up_when_terminated
from services.stream.base import access_texts
from tests.support.browser import running_chromium
from tests.support.camera import RtspCamera
from tests.support.hosts import Host, two_hosts
from tests.support.waiting import wait_until

ROOT: Final = Path(__file__).parents[1]
LINE: Final = "STREAM_HOST=0.0.0.0 scripts/run"
"""Behind `git clone … framecast && cd framecast && `, which is timed with it."""
PASSWORD: Final = "look at the garden"  # noqa: S105 the newcomer's
CODE: Final = re.compile(rb"/setup#([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})")
PATIENCE_SECONDS: Final = 120.0
PICTURE: Final = "#tiles > [data-camera=camera_1][data-state=live]"


class Newcomer:
    """Counts what a person does: a line pasted, an address opened, a field filled, a thing tapped."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.began = time.monotonic()

    def does(self, what: str) -> None:
        self.did.append(f"{time.monotonic() - self.began:.1f} s {what}")


def cloned(directory: Path, *, download: bool) -> tuple[Path, float, float]:
    """The checkout; seconds for the clone, and for making its environment."""
    checkout, began = directory / "framecast", time.monotonic()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    clone_seconds = time.monotonic() - began
    began = time.monotonic()
    if download:
        subprocess.run(["scripts/setup", "run"], cwd=checkout, check=True)
    else:
        libraries = next(path for path in sys.path if path.endswith("site-packages"))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(checkout / ".venv")], check=True)
        places = next((checkout / ".venv/lib").glob("python*/site-packages"))
        (places / "libraries.pth").write_text(f"{libraries}\n")
        subprocess.run(["scripts/launcher", ".venv", "."], cwd=checkout, check=True)
        (checkout / ".venv/made-from").write_bytes((checkout / "requirements/run.txt").read_bytes())
    return checkout, clone_seconds, time.monotonic() - began


class Screen:
    """What a terminal has shown. It is read all the time: else whoever writes there would wait."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self.shown = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):  # the terminal has closed
            while data := os.read(self._terminal, 65536):
                self.shown += data

    def code(self) -> str:
        """The setup code, as soon as it is shown."""
        found = wait_until(lambda: CODE.search(self.shown), "the code is shown", PATIENCE_SECONDS, patience=1)
        assert found is not None
        return found[1].decode()


@contextmanager
def terminal(host: Host, checkout: Path) -> Iterator[Screen]:
    """The host's terminal, where the line was pasted."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout.parent), "TERM": "xterm"}
    with host.inside():
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec env {LINE}"],  # so that the signal at the end reaches what runs
            cwd=checkout,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
    os.close(theirs)
    try:
        yield Screen(ours)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        os.close(ours)


def on_the_phone(page: Page, newcomer: Newcomer, address: str, code: str) -> None:
    newcomer.does("opens the address with the code")
    page.goto(f"http://{address}:8001/setup#{code}")
    page.get_by_label(access_texts.NEW).fill(PASSWORD)
    newcomer.does("types a password and sends it")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="To the cameras")
    link.wait_for(timeout=PATIENCE_SECONDS * 1000)
    newcomer.does("taps To the cameras")
    link.click()
    page.locator(PICTURE).wait_for(timeout=PATIENCE_SECONDS * 1000)


def own_camera(page: Page, newcomer: Newcomer, address: str) -> None:
    """From the demo picture to that of the camera. Prints what it took."""
    newcomer.does("taps Add your camera")
    page.get_by_role("link", name="Add your camera").click()
    newcomer.does("pastes the address")
    page.locator("#try").get_by_label("Address").fill(address)
    newcomer.does("taps Test")
    page.get_by_role("button", name="Test", exact=True).click()
    page.locator("#tried img").wait_for(timeout=PATIENCE_SECONDS * 1000)
    newcomer.does("writes a name and saves")
    page.locator("#keep").get_by_label("Name").fill("Front door")
    saved = time.monotonic()
    page.keyboard.press("Enter")
    page.locator(PICTURE.replace("camera_1", "front_door")).wait_for(timeout=PATIENCE_SECONDS * 1000)
    print(f"  from Save to the camera's live picture on the phone {time.monotonic() - saved:.1f} s")


@contextmanager
def a_camera(host: Host) -> Iterator[str]:
    """A camera that the host reaches; its address, with the login."""
    camera = RtspCamera(username="me", password=PASSWORD)
    with host.inside():
        camera.start()
    try:
        yield camera.url.replace("//", f"//me:{quote(PASSWORD)}@")
    finally:
        camera.stop()


def newcomer_takes(host: Host, phone: Host, *, download: bool, camera: str | None) -> float:
    """Seconds from the pasted line to the picture, without those for the environment. `camera` is an address."""
    with tempfile.TemporaryDirectory() as name:
        checkout, clone_seconds, environment_seconds = cloned(Path(name), download=download)
        newcomer = Newcomer()
        newcomer.does("pastes the line")
        with terminal(host, checkout) as screen, phone.inside(), running_chromium() as browser:
            code = screen.code()
            told = time.monotonic() - newcomer.began
            page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
            on_the_phone(page, newcomer, host.address, code)
            if camera is not None:
                own_camera(page, newcomer, camera)
            seconds = clone_seconds + time.monotonic() - newcomer.began
        changed = subprocess.run(
            ["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True
        ).stdout
        edited = len(changed.splitlines()) + (checkout / ".env").exists()
    print(f"{seconds:.1f} s to the picture on the phone; the clone {clone_seconds:.1f} s, the code after {told:.1f} s")
    how = "fetched and installed" if download else "linked"
    print(f"  the libraries were {how} in {environment_seconds:.1f} s, which are not in it")
    print(f"  files edited: {edited}; interactions: {len(newcomer.did)} ({', '.join(newcomer.did)})", flush=True)
    assert edited == 0
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--download", action="store_true", help="have pip fetch the libraries anew")
    parser.add_argument("--camera", action="store_true", help="go on until a camera of one's own is live")
    options = parser.parse_args()
    clean_up_when_terminated()
    with two_hosts() as (host, phone), ExitStack() as stack:
        camera = stack.enter_context(a_camera(host)) if options.camera else None
        found = [newcomer_takes(host, phone, download=options.download, camera=camera) for _ in range(options.rounds)]
    print(f"p50 {statistics.median(found):.1f} s ({min(found):.1f} to {max(found):.1f})")


if __name__ == "__main__":
    main()
