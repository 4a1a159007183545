"""The whole system on real input: an RTSP camera, the three services as processes, viewers and the archive."""

import signal
import sqlite3
import statistics
from contextlib import ExitStack, closing
from pathlib import Path

import cv2
import pytest

from tests.support.camera import RtspCamera
from tests.support.clock import read_clock, shows_camera_colours
from tests.support.mjpeg import Part, Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.camera
INTERVAL_SECONDS = 2


def archived(stack: Stack) -> list[Path]:
    return sorted(path for path in stack.archive.rglob("*.webp") if not path.name.endswith(".thumb.webp"))


def median_age_seconds(viewer: Viewer, count: int = 30) -> float:
    """The age of the next `count` live pictures, by the clock drawn into them."""
    seen = len(viewer.parts)

    def live() -> list[Part]:
        return [part for part in viewer.parts[seen:] if part.is_live]

    wait_until(lambda: len(live()) >= count, f"{count} more pictures arrive", 20)
    ages = [age for part in live() if (age := part.age_seconds) is not None]
    assert len(ages) >= count * 0.9, "the clock could not be read"
    return statistics.median(ages)


def test_one_pull_feeds_ten_viewers_and_the_archive_and_heals_when_the_camera_returns(tmp_path: Path) -> None:
    """The project's whole promise in one test, in the order in which a user sees it."""
    with ExitStack() as stack_of_all:
        camera = stack_of_all.enter_context(RtspCamera())
        stack = stack_of_all.enter_context(
            Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_CAPTURE_INTERVAL=str(INTERVAL_SECONDS))
        )
        viewers = [stack_of_all.enter_context(Viewer(stack.stream_port)) for _ in range(10)]
        wait_until(lambda: all(len(viewer.parts) > 30 for viewer in viewers), "all ten see pictures", 20)

        assert median_age_seconds(viewers[0]) < 0.5, "the pictures are not fresh"
        assert camera.total_sessions == 1, "ten viewers cost more than one RTSP session"
        wait_until(lambda: stack.status()["viewer_count"] == 10, "all ten are counted", 3)
        wait_until(lambda: len(archived(stack)) >= 2, "the archive has two slots", 10)

        camera.kill()
        wait_until(lambda: not viewers[0].parts[-1].is_live, "the picture is marked", 8)
        assert stack.status()["is_streaming"] is False
        camera.start()
        wait_until(lambda: all(viewer.parts[-1].is_live for viewer in viewers), "all ten are live again", 20)
        assert median_age_seconds(viewers[0]) < 0.5, "the pictures are not fresh after the return"
        assert not any(viewer.ended.is_set() for viewer in viewers), "a viewer had to reconnect"
        assert camera.total_sessions == 2

        assert_the_archive_is_the_cameras(stack)


def assert_the_archive_is_the_cameras(stack: Stack) -> None:
    """Each file is whole, shows the camera's picture of its slot, and has its row. The API lists no fewer frames."""
    files = archived(stack)
    for path in files:
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape == (360, 640, 3)
        assert shows_camera_colours(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely
        shown_ms = read_clock(picture)  # type: ignore[arg-type]
        assert shown_ms is not None
        slot = shown_ms // 1000 // INTERVAL_SECONDS * INTERVAL_SECONDS
        # The row follows a moment after its file.
        rows = wait_until(lambda: rows_of(path, stack), "the file has its row")  # noqa: B023 called at once
        # The camera draws its clock up to about 100 ms before ingest receives the picture, perhaps in the slot before.
        assert [(width, height, size) for _, width, height, size in rows] == [(640, 360, path.stat().st_size)]
        assert rows[0][0] - slot in (0, INTERVAL_SECONDS)
    listed = stack.get("/api/camera/frames?limit=500")["frames"]
    assert len(listed) >= len(files) >= 2


def rows_of(path: Path, stack: Stack) -> list[tuple[int, int, int, int]]:
    with closing(sqlite3.connect(stack.environment["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        return database.execute(
            "select slot_start, width, height, bytes from archived_frame where path = ?",
            [str(path.relative_to(stack.archive))],
        ).fetchall()


def test_a_camera_that_falls_silent_is_noticed_within_five_seconds(tmp_path: Path) -> None:
    """The connection stays open; only the pictures stop. SIGSTOP makes a camera hang in this way."""
    with RtspCamera() as camera, Stack(tmp_path, CAMERA_RTSP_URL=camera.url) as stack:
        with Viewer(stack.stream_port) as viewer:
            wait_until(lambda: len(viewer.parts) > 10, "pictures arrive", 20)
            camera.pause()
            wait_until(lambda: stack.status()["state"] == "stalled", "the status is stalled", 6)
            wait_until(lambda: not viewer.parts[-1].is_live, "the picture is marked", 1)
            camera.resume()
            wait_until(lambda: viewer.parts[-1].is_live, "the picture is live again", 15)
        assert stack.status()["last_error"] is None


def command_lines(pid: int) -> str:
    """The command lines of a process and of its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return "".join(Path(f"/proc/{one}/cmdline").read_text() for one in (pid, *children))


@pytest.mark.parametrize("decoder", ["direct", "ffmpeg"])
def test_a_wrong_password_is_reported_and_never_revealed(decoder: str, tmp_path: Path) -> None:
    """Status and logs give the reason. The password is in no answer, no log and no process list."""
    password = "s3cret/p@:w#rd?%"  # noqa: S105 a secret of the test's own
    with (
        RtspCamera(username="admin", password="another") as camera,  # noqa: S106 a secret of the test's own
        Stack(
            tmp_path,
            CAMERA_RTSP_URL=camera.url,
            CAMERA_RTSP_USERNAME="admin",
            CAMERA_RTSP_PASSWORD=password,
            CAMERA_DECODER=decoder,
            wait_for="unauthorized",
        ) as stack,
    ):
        status = stack.status()
        assert status["is_streaming"] is False
        assert "CAMERA_RTSP_PASSWORD" in status["last_error"]
        answers = ("/api/devices", "/api/camera/snapshot", "/api/status", "/api/camera/frames/status")
        seen = str(status) + "".join(str(stack.get(path)) for path in answers)
        for service in stack.services.values():
            seen += service.output() + command_lines(service.pid)
        assert "camera lost" in seen
        assert seen.count("refused the user name or password") >= 2
        for secret in (password, "s3cret", "p%40"):
            assert secret not in seen


@pytest.mark.parametrize("killed", ["ingest", "stream", "archiver"])
def test_a_service_that_is_killed_and_started_again_finds_the_others(killed: str, tmp_path: Path) -> None:
    """Any of the three, without help from outside."""
    with RtspCamera() as camera, Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_CAPTURE_INTERVAL="2") as stack:
        wait_until(lambda: archived(stack), "the archive begins", 10)
        stack.services[killed].signal(signal.SIGKILL)
        stack.services[killed].wait(5)
        stack.start(killed)
        stack.wait_for_state("live", "idle")
        with Viewer(stack.stream_port) as viewer:
            assert median_age_seconds(viewer) < 0.5
        before = len(archived(stack))
        wait_until(lambda: len(archived(stack)) > before, "the archive goes on", 10)
