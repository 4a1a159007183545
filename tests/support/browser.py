"""Debian's Chromium, driven by Playwright."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.hosts import Host

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PIXELS = """image => {
    const [width, height] = [image.naturalWidth ?? image.width, image.naturalHeight ?? image.height];
    if (!width) return null;
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


@contextmanager
def running_chromium(*more_arguments: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS, *more_arguments])
        yield browser
        browser.close()


@contextmanager
def chromium_at(host: Host, beside: Browser, directory: Path) -> Iterator[Browser]:
    """A second browser, on another host, driven by the Playwright of the one beside it: a thread can have but one.

    `directory` takes the program that starts it.
    """
    program = directory / "chromium-there"
    program.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{host.namespace} {CHROMIUM} "$@"\n')
    program.chmod(0o755)
    browser = beside.browser_type.launch(executable_path=program, args=_ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


def painted_picture(page: Page, selector: str) -> NDArray[np.uint8] | None:
    """The picture that an `<img>` or canvas of the page's own origin shows, as BGR; None before its first one."""
    png = page.locator(selector).evaluate(_PIXELS)
    if png is None:
        return None
    pixels = np.frombuffer(base64.b64decode(png), np.uint8)
    return cv2.imdecode(pixels, cv2.IMREAD_COLOR)  # type: ignore[return-value] # cv2 types its arrays loosely


def heap_bytes(page: Page) -> int:
    """The size of the page's JavaScript heap after a garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return int(metrics["JSHeapUsedSize"])


def renderers_bytes(browser: Browser) -> int:
    """The resident memory of the processes that run pages. Decoded pictures are in it, but not in the heap."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pages = sum(
        int(Path(f"/proc/{process['id']}/statm").read_text().split()[1])
        for process in processes
        if process["type"] == "renderer"
    )
    return pages * os.sysconf("SC_PAGE_SIZE")
