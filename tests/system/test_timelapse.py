"""Time-lapses beside the rest of the system: captures during a render, a killed archiver, playback in a browser."""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, noise
from tests.archiver.test_service import environment, running
from tests.support.archive import MadeArchive
from tests.support.browser import running_chromium
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
LAPSES = "/api/camera/timelapses"


def made_archive(directory: Path, env: dict[str, str]) -> MadeArchive:
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    (directory / "frames").mkdir(exist_ok=True)
    return MadeArchive(FrameFiles(LocalStore(directory / "frames")), FrameRows(engine))


def call(env: dict[str, str], path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{env['ARCHIVER_PORT']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def order(**changes: Any) -> dict[str, Any]:
    """The body of a request for a time-lapse."""
    return {"camera": "camera_1", "from": BEGIN.isoformat(), "to": (BEGIN + timedelta(days=9)).isoformat(), **changes}


def test_captures_continue_while_a_time_lapse_renders(tmp_path: Path) -> None:
    """Each one-second slot gets its frame, although the render would use all CPU time."""
    env = environment(tmp_path)
    made_archive(tmp_path, env).hours(BEGIN, range(40))
    camera = ScriptedCamera([jpeg_of(noise(640, 360))], interval_seconds=1)
    with ScriptedBus(f"ipc://{tmp_path}/bus", [camera]).running(), running(env):
        # The archive's newest frame is days old: new ones are not listed while the clock is in doubt.
        call(env, "/api/camera/retention/clock/confirm", {})
        job = call(env, LAPSES, order(width=3840, height=2160))
        wait_until(lambda: call(env, f"{LAPSES}/{job['id']}")["state"] == "rendering", "the render starts", 20)
        since = int(time.time()) + 1
        until = since + 6
        wait_until(lambda: time.time() > until + 1, "six slots have passed", 20)
        assert call(env, f"{LAPSES}/{job['id']}")["state"] == "rendering", "the render ended too soon"
        frames = call(env, f"/api/camera/frames?camera=camera_1&limit=100&{_instants(since, until)}")["frames"]
        slots = sorted(int(datetime.fromisoformat(frame["slot_start"]).timestamp()) for frame in frames)
        assert slots == list(range(since, until))


def test_a_killed_archivers_render_ends_and_the_next_archiver_starts_it_again(tmp_path: Path) -> None:
    """No rendering process outlives its archiver, and the time-lapse is rendered in the end."""
    env = environment(tmp_path)
    made_archive(tmp_path, env).hours(BEGIN, range(48))

    def renderers() -> set[str]:
        return {entry.name for entry in Path("/proc").iterdir() if _renders(entry, env["TIMELAPSE_DIR"])}

    def half_videos() -> list[Path]:
        return list((tmp_path / "timelapses").glob(".tmp-*.mp4"))

    with running(env) as process:
        job = call(env, LAPSES, order(width=1280, height=720))
        wait_until(lambda: renderers() and half_videos(), "the render writes its file", 20)
        process.kill()
        process.wait(10)
        wait_until(lambda: not renderers(), "the orphan process ends by itself", 20)
    assert half_videos(), "the half file is gone, although no archiver was there to delete it"
    with running(env):
        wait_until(lambda: call(env, f"{LAPSES}/{job['id']}")["state"] == "done", "the time-lapse is rendered", 60)
    assert not half_videos()


def _renders(process: Path, directory: str) -> bool:
    """Whether this is a rendering process of the test's archiver. It has inherited the archiver's environment."""
    try:
        is_renderer = b"services.archiver.timelapse" in (process / "cmdline").read_bytes()
        return is_renderer and directory.encode() in (process / "environ").read_bytes()
    except OSError:
        return False


def _instants(since: int, until: int) -> str:
    begin, end = (datetime.fromtimestamp(each, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for each in (since, until))
    return f"from={begin}&to={end}"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


_PLAY = """async url => {
    const video = document.createElement("video");
    Object.assign(video, {src: url, muted: true});
    document.body.append(video);
    await new Promise((resolve, reject) => {
        video.onended = resolve;
        video.onerror = () => reject(new Error(video.error.message));
        video.play().catch(reject);
    });
    const ended = video.currentTime;
    video.currentTime = video.duration / 2;
    await new Promise(resolve => video.onseeked = resolve);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0);
    const pixel = [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
    return {width: video.videoWidth, height: video.videoHeight, duration: video.duration, ended, pixel};
}"""


@pytest.mark.browser
@pytest.mark.parametrize("form", ["h264", "webm", "mp4"])
def test_chromium_plays_a_time_lapse_to_its_end_and_seeks_in_it(form: str, chromium: Browser, tmp_path: Path) -> None:
    """Chromium loads it through stream, as users do. The colours are right, and the length is exact to a frame."""
    colour, frames = (180, 60, 40), 36
    env = environment(tmp_path)
    archive = made_archive(tmp_path, env)
    for hour in range(frames):
        archive.frame(BEGIN + timedelta(hours=hour), picture=Image.new("RGB", (640, 360), colour))
    with running(env), running_replica(env["BUS_CONNECT"], archiver_url=_origin(env)) as replica:
        job = call(env, LAPSES, order(format=form))
        wait_until(lambda: call(env, f"{LAPSES}/{job['id']}")["state"] in ("done", "failed"), "the render ends", 60)
        made = call(env, f"{LAPSES}/{job['id']}")
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/healthz")
        seen = page.evaluate(_PLAY, made["file_url"])
        page.close()
    assert (seen["width"], seen["height"]) == (640, 360)
    assert seen["duration"] == pytest.approx(frames / 24, abs=1 / 24)
    assert seen["ended"] == pytest.approx(frames / 24, abs=1 / 24)
    assert seen["pixel"][:3] == pytest.approx(list(colour), abs=10)


def _origin(env: dict[str, str]) -> str:
    return f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
