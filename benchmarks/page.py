"""The live page in a browser: age of the painted picture, time to the first picture, and size of the pages in bytes.

The camera draws the time into its picture. At each frame of the browser, the page reads that time from the painted
pixels of a <camera-feed> and of a plain <img>. They are side by side, so both run under the same load.

    .venv/bin/python -m benchmarks.page [--seconds 20] [--fps 30]
    .venv/bin/python -m benchmarks.page --memory 10     (streams for 10 minutes: does the tab's memory grow?)
    .venv/bin/python -m benchmarks.page --beside DIR    (the first picture beside that of another checkout, in turns)
"""

import argparse
import json
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.load import percentile
from services.stream.api.page_files import STATIC
from tests.support.browser import heap_bytes, renderers_bytes, running_chromium
from tests.support.camera import RtspCamera
from tests.support.picture_layout import CLOCK_COLUMNS, CLOCK_HEIGHT_SHARE, CLOCK_ROWS, decode_clock
from tests.support.services import Stack
from tests.support.waiting import wait_until

WARM_UP_SECONDS = 5.0
LINGER_SECONDS = 4.0
"""Without viewers for this long, ingest stops encoding."""
MEMORY_EVERY_SECONDS = 30.0
MEGA = 1_000_000

SAMPLER = """({ columns, rows, share }) => {
    const strip = document.createElement("canvas");
    [strip.width, strip.height] = [columns * 3, rows * 3];
    const pen = strip.getContext("2d", { willReadFrequently: true });
    const read = (source, width, height) => {
        if (!width) return null;
        pen.drawImage(source, 0, 0, width, height * share, 0, 0, strip.width, strip.height);
        const pixels = pen.getImageData(0, 0, strip.width, strip.height).data;
        const bytes = [];
        for (let block = 0; block < columns * rows; block++) {
            const x = (block % columns) * 3 + 1, y = Math.floor(block / columns) * 3 + 1;
            bytes[block >> 3] = (bytes[block >> 3] ?? 0) * 2 + (pixels[4 * (y * strip.width + x)] > 127);
        }
        return bytes;
    };
    window.samples = { feed: [], img: [] };
    const img = document.querySelector("img");
    const canvas = document.querySelector("camera-feed").shadowRoot.querySelector("canvas");
    const sample = () => {
        for (const [name, shown, width, height] of [
            ["feed", canvas, canvas.width, canvas.height], ["img", img, img.naturalWidth, img.naturalHeight],
        ]) {
            const bytes = read(shown, width, height);
            if (bytes) window.samples[name].push([Date.now(), bytes]);
        }
        next();
    };
    // After the frame's own callbacks, so that the sample is what they painted.
    const next = () => requestAnimationFrame(() => setTimeout(sample));
    next();
}"""
FIRST_PICTURE = """
    addEventListener("picture", ({ target }) => { window.firstMs ??= performance.now(); }, true);
    document.addEventListener("load", ({ target }) => {
        if (target.id === "picture") window.firstMs ??= performance.now();
    }, true);
"""
RESOURCES = """() => performance.getEntries()
    .filter(({ entryType, name }) => ["navigation", "resource"].includes(entryType) && !/[/]api[/]/.test(name))
    .map(({ decodedBodySize }) => decodedBodySize).reduce((sum, size) => sum + size, 0)"""


def open_feed(page: Page, origin: str, html: str) -> None:
    page.goto(f"{origin}/healthz")
    page.evaluate("html => { document.body.innerHTML = html; return import('/camera-feed.js'); }", html)
    is_live = "document.querySelector('camera-feed').state === 'live'"
    wait_until(lambda: page.evaluate(is_live), "the element is live", 30)


def ages_ms(page: Page, origin: str, seconds: float) -> dict[str, list[float]]:
    """The age of the painted picture at each frame of the browser, in the element and in the <img>."""
    size = 'style="width:640px;height:360px"'
    open_feed(page, origin, f'<camera-feed quality="main" {size}></camera-feed><img src="/api/camera/stream" {size}>')
    page.evaluate(SAMPLER, {"columns": CLOCK_COLUMNS, "rows": CLOCK_ROWS, "share": CLOCK_HEIGHT_SHARE})
    page.wait_for_timeout(WARM_UP_SECONDS * 1000)
    page.evaluate("samples.feed.length = samples.img.length = 0")
    page.wait_for_timeout(seconds * 1000)
    samples: dict[str, list[Any]] = page.evaluate("samples")
    ages: dict[str, list[float]] = {}
    for name, shown in samples.items():
        times = [(at, decode_clock(bytes(clock))) for at, clock in shown]
        ages[name] = [at - taken for at, taken in times if taken is not None]
        assert len(ages[name]) > len(shown) / 2, f"the clock can't be read in the {name}"
    return ages


def first_picture_ms(browser: Browser, origin: str) -> dict[str, float]:
    """From navigation to the first picture painted on `/`. Cold means an empty cache and a camera without viewers."""
    found: dict[str, float] = {}
    time.sleep(LINGER_SECONDS)
    context = browser.new_context()
    for temperature in ("cold", "warm"):
        page = context.new_page()
        page.add_init_script(FIRST_PICTURE)
        page.goto(origin, wait_until="commit")
        wait_until(partial(page.evaluate, "window.firstMs ?? 0"), "a first picture", 30)
        found[temperature] = page.evaluate("window.firstMs")
        page.close()
    context.close()
    return found


def first_pictures_ms(browser: Browser, origin: str, repeats: int) -> dict[str, list[float]]:
    rounds = [first_picture_ms(browser, origin) for _ in range(repeats)]
    return {temperature: [each[temperature] for each in rounds] for temperature in rounds[0]}


def beside(camera_url: str, directory: Path, other: Path, repeats: int) -> dict[str, float]:
    """The first picture here over that of another checkout, medians of rounds in turns. Both use this environment."""
    stacks = []
    for name in ("here", "there"):
        (directory / name).mkdir()
        stacks.append(Stack(directory / name, CAMERA_RTSP_URL=camera_url))
    stacks[1].root = other
    with stacks[0], stacks[1], running_chromium() as browser:
        rounds = [[first_picture_ms(browser, stack.origin) for stack in stacks] for _ in range(repeats)]
    ratios = {}
    for temperature in ("cold", "warm"):
        here, there = (statistics.median(each[place][temperature] for each in rounds) for place in (0, 1))
        ratios[temperature] = here / there
        print(f"first picture, {temperature}: {here:.0f} ms here, {there:.0f} ms there, ratio {here / there:.2f}")
    return ratios


def page_bytes(browser: Browser, origin: str) -> dict[str, int]:
    """Uncompressed size of all of static/, and of the files that `/` loads."""
    page = browser.new_page()
    page.goto(origin)
    page.wait_for_timeout(1000)
    loaded = int(page.evaluate(RESOURCES))
    page.close()
    sizes = {path.name: path.stat().st_size for path in STATIC.rglob("*") if path.is_file()}
    return {"static": sum(sizes.values()), "camera-feed.js": sizes["camera-feed.js"], "loaded by /": loaded}


def memory(browser: Browser, page: Page, origin: str, minutes: float) -> list[dict[str, float]]:
    """The tab's memory at regular times while it streams."""
    open_feed(page, origin, '<camera-feed quality="main"></camera-feed>')
    page.evaluate("window.painted = 0; addEventListener('picture', () => { window.painted++; })")
    rows = []
    began_at = time.monotonic()
    while (elapsed := time.monotonic() - began_at) <= minutes * 60 + 1:
        row = {
            "minutes": round(elapsed / 60, 1),
            "pictures": page.evaluate("window.painted"),
            "heap_mb": round(heap_bytes(page) / MEGA, 2),
            "renderers_mb": round(renderers_bytes(browser) / MEGA, 1),
        }
        print("".join(f"{value:>14}" for value in row.values()), flush=True)
        rows.append(row)
        page.wait_for_timeout(min(MEMORY_EVERY_SECONDS, minutes * 60) * 1000)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory", type=float, metavar="MINUTES")
    parser.add_argument("--beside", type=Path, metavar="DIR")
    options = parser.parse_args()
    if options.beside:
        with tempfile.TemporaryDirectory() as directory, RtspCamera(fps=options.fps) as camera:
            ratios = beside(camera.url, Path(directory), options.beside.resolve(), options.repeats)
        print(json.dumps({"benchmark": "page-beside", "fps": options.fps, **ratios}))
        return
    with (
        tempfile.TemporaryDirectory() as directory,
        RtspCamera(fps=options.fps) as camera,
        Stack(Path(directory), CAMERA_RTSP_URL=camera.url) as stack,
        running_chromium() as browser,
    ):
        if options.memory:
            print("".join(f"{name:>14}" for name in ("minutes", "pictures", "heap MB", "renderers MB")))
            rows = memory(browser, browser.new_page(), stack.origin, options.memory)
            print(json.dumps({"benchmark": "page-memory", "fps": options.fps, "rows": rows}))
            return
        sizes = page_bytes(browser, stack.origin)
        firsts = first_pictures_ms(browser, stack.origin, options.repeats)
        page = browser.new_page()
        ages = ages_ms(page, stack.origin, options.seconds)
        page.close()
    result: dict[str, Any] = {"bytes": sizes}
    print(f"{'painted, 640x360, ' + str(options.fps) + ' fps':32} {'samples':>8} {'p50 ms':>8} {'p95 ms':>8}")
    for name, label in (("feed", "<camera-feed>"), ("img", "<img>")):
        p50, p95 = percentile(ages[name], 50), percentile(ages[name], 95)
        result[name] = {"samples": len(ages[name]), "p50_ms": p50, "p95_ms": p95}
        print(f"{label:32} {len(ages[name]):8} {p50:8.1f} {p95:8.1f}")
    for temperature, times in firsts.items():
        result[f"first_picture_{temperature}_ms"] = round(statistics.median(times))
        label, median = f"/ to first picture, {temperature}", statistics.median(times)
        print(f"{label:32} {len(times):8} {median:8.0f} {max(times):8.0f}")
    for name, size in sizes.items():
        print(f"{'bytes, ' + name:32} {size:8}")
    print(json.dumps({"benchmark": "page", "fps": options.fps, **result}))


if __name__ == "__main__":
    main()
