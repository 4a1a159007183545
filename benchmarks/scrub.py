"""The timeline with thousands of frames in Chromium: the time until the page is open, and until the picture under the
finger is painted.

    .venv/bin/python -m benchmarks.scrub [--frames 10000] [--touches 100] [--width 1280]

The archive is real: a file, a row and a thumbnail for each hour (fifty pictures in turn), an archiver's process and a
replica of stream. A latency is the time from the pointer's event to the frame of the browser in which the picture of
just that pixel is painted. In the first pass the page has loaded no sprite sheet yet; in the second it has them all.
In between the finger runs over the whole track, and the browser's own frames are timed.
"""

import argparse
import hashlib
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page
from sqlalchemy import insert

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.models import ArchivedFrame
from services.archiver.demo.plant import paint
from services.archiver.files.image_features import features_of, thumbnail_of
from services.archiver.files.paths import path_of, thumbnail_path_of
from services.archiver.files.webp import Label, WebpOptions, encode_webp
from tests.archiver.test_service import environment, running
from tests.support.browser import running_chromium
from tests.support.ports import free_port
from tests.support.replica import running_replica

CAMERA: Final = "camera_1"
PICTURES: Final = 50
HOUR_SECONDS: Final = 3600
_SEED: Final = 7
_LONGEST_MS: Final = 20_000
_ROWS_AT_ONCE: Final = 2000
# The page marks in `data-painted` what it has painted; an empty mark means nothing yet. The browser delivers a message
# only after a frame's callbacks have run and the frame is painted.
_WATCH: Final = """() => {
    const peek = document.getElementById("peek");
    const after = new MessageChannel();
    let begun = 0;
    window.latencies = [];
    after.port1.onmessage = () => {
        if (begun && peek.dataset.painted) { latencies.push(performance.now() - begun); begun = 0; }
    };
    addEventListener("pointermove", (event) => { begun = event.timeStamp; peek.dataset.painted = ""; }, true);
    window.times = [];
    requestAnimationFrame(function frame(time) {
        times.push(time);
        after.port2.postMessage(0);
        requestAnimationFrame(frame);
    });
}"""
_PAINTED: Final = """(count) => new Promise((resolve) => {
    const begun = performance.now();
    (function look() {
        if (latencies.length >= count || performance.now() - begun > LONGEST_MS) resolve(latencies.length >= count);
        else setTimeout(look, 5);
    })();
})""".replace("LONGEST_MS", str(_LONGEST_MS))
_FETCHED: Final = """() => performance.getEntriesByType("resource")
    .filter(({name}) => name.includes("sprites")).map(({encodedBodySize}) => encodedBodySize)"""
_OPENED: Final = """() => new Promise((resolve) => requestAnimationFrame(function look() {
    if (document.querySelector(".side[data-painted]:not([data-painted=''])")) resolve(performance.now());
    else requestAnimationFrame(look);
}))"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--touches", type=int, default=100)
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        env = environment(Path(directory))
        fill(Path(env["ARCHIVE_DIR"]), env["DATABASE_URL"], arguments.frames)
        archiver = f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
        with (
            running(env),
            running_replica(f"tcp://127.0.0.1:{free_port()}", archiver_url=archiver) as replica,
            running_chromium() as browser,
        ):
            page = browser.new_page(viewport={"width": arguments.width, "height": 900})
            result = measured(page, f"http://127.0.0.1:{replica.port}/archive?camera={CAMERA}", arguments.touches)
    report({"frames": arguments.frames, "width": arguments.width, **result})


def measured(page: Page, address: str, touches: int) -> dict[str, Any]:
    page.goto(address)
    opened_ms = page.evaluate(_OPENED)
    page.evaluate(_WATCH)
    box = page.locator("#track").bounding_box()
    assert box is not None
    dice = random.Random(_SEED)  # noqa: S311 chance that can be repeated, no secret
    places = [box["x"] + box["width"] * dice.random() for _ in range(touches)]
    first = touched(page, places, box["y"] + 40)
    page.evaluate("times.length = 0")
    for way in (0, 1):
        page.mouse.move(box["x"] + box["width"] * way, box["y"] + 40, steps=240)
    page.mouse.down()
    page.mouse.move(box["x"], box["y"] + 40, steps=240)
    page.mouse.up()
    times = page.evaluate("times")
    between = [after - before for before, after in pairwise(times)]
    again = touched(page, places, box["y"] + 40)
    fetched = page.evaluate(_FETCHED)
    return {
        "open_ms": round(opened_ms),
        **percentiles("cold", first),
        **percentiles("warm", again),
        **percentiles("frame", between),
        "sheets": len(fetched),
        "sheets_kb": round(sum(fetched) / 1000),
    }


def touched(page: Page, places: Sequence[float], y: float) -> list[float]:
    """The latencies when the pointer moves to these places, one after the other."""
    page.evaluate("latencies.length = 0")
    for count, x in enumerate(places, 1):
        page.mouse.move(x, y)
        assert page.evaluate(_PAINTED, count), "the picture under the finger was not painted"
    found: list[float] = page.evaluate("latencies")
    return found


def percentiles(name: str, values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {f"{name}_p{share}_ms": round(ordered[len(ordered) * share // 100], 1) for share in (50, 95)}


def fill(archive: Path, database_url: str, count: int) -> None:
    """Fill the archive with one frame per hour, up to now. The files are hard links to the same fifty pictures."""
    engine = open_engine(database_url)
    upgrade(engine)
    now = int(time.time()) // HOUR_SECONDS * HOUR_SECONDS
    first = now - count * HOUR_SECONDS
    pool = archive / "pool"
    pool.mkdir(parents=True)
    facts = [_picture(pool, number) for number in range(PICTURES)]
    rows = []
    for number in range(count):
        start = first + number * HOUR_SECONDS
        path = archive / path_of(CAMERA, start)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(pool / f"{number % PICTURES}.webp", path)
        os.link(pool / f"{number % PICTURES}.thumb.webp", archive / thumbnail_path_of(path_of(CAMERA, start)))
        at = datetime.fromtimestamp(start, UTC) + timedelta(seconds=2)
        rows.append(
            ArchivedFrame(
                camera_key=CAMERA,
                slot_start=start,
                interval_seconds=HOUR_SECONDS,
                captured_at=at,
                path=path_of(CAMERA, start),
                width=640,
                height=360,
                created_at=at,
                **facts[number % PICTURES],
            ).model_dump(exclude={"id"})
        )
    with engine.begin() as connection:
        for begin in range(0, count, _ROWS_AT_ONCE):
            connection.execute(insert(ArchivedFrame), rows[begin : begin + _ROWS_AT_ONCE])
    engine.dispose()


def _picture(pool: Path, number: int) -> dict[str, Any]:
    at = datetime(2026, 6, 1, number % 24, tzinfo=UTC)
    picture = paint(at, number / PICTURES)
    webp, thumbnail = encode_webp(picture, Label(CAMERA, at, HOUR_SECONDS), WebpOptions()), thumbnail_of(picture)
    (pool / f"{number}.webp").write_bytes(webp)
    (pool / f"{number}.thumb.webp").write_bytes(thumbnail)
    features = features_of(picture)
    return {
        "bytes": len(webp),
        "sha256": hashlib.sha256(webp).hexdigest(),
        "thumbnail_bytes": len(thumbnail),
        "brightness": features.brightness,
        "perceptual_hash": features.perceptual_hash,
    }


def report(result: dict[str, Any]) -> None:
    print(f"| {result['frames']:,} frames, {result['width']} px | p50 | p95 |\n|---|---|---|")
    for name, words in (
        ("cold", "finger to picture, first time"),
        ("warm", "finger to picture, again"),
        ("frame", "between the browser's frames while the finger runs"),
    ):
        print(f"| {words} | {result[f'{name}_p50_ms']} ms | {result[f'{name}_p95_ms']} ms |")
    print(f"| open, with a picture | {result['open_ms']} ms | |")
    print(f"| sheets fetched | {result['sheets']} | {result['sheets_kb']} kB |\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
