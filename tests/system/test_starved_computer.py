"""A computer with too much to do: what is shown as live is never old, and it heals by itself."""

from pathlib import Path

import pytest

from tests.support.camera import RtspCamera
from tests.support.mjpeg import Viewer
from tests.support.services import Stack
from tests.support.starved import process_tree, starved
from tests.support.waiting import wait_until

pytestmark = pytest.mark.camera
STALL_SECONDS = 3
STARVED_SECONDS = 12.0
WAY_SECONDS = 4


@pytest.mark.parametrize("decoder", ["direct", "ffmpeg"])
def test_pictures_of_a_starved_ingest_are_fresh_or_marked(decoder: str, tmp_path: Path) -> None:
    """Ingest shares a core with a program that never rests, at the lowest priority. The camera's own clock, which it
    draws into its picture, tells how old each part is. Some seconds more are for the way of a picture that was just in
    time, and for the status that says that the next one takes too long: both are starved, too.
    Without shedding, pictures were 22 s old.
    """
    settings = {"CAMERA_DECODER": decoder, "CAMERA_STALL_SECONDS": str(STALL_SECONDS)}
    with (
        RtspCamera(width=1280, height=720, gop_seconds=2.0) as camera,
        Stack(tmp_path, CAMERA_RTSP_URL=camera.url, **settings) as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 30, "pictures arrive", 30)
        with starved(process_tree(stack.services["ingest"].pid)):
            viewer.parts.clear()
            wait_until(lambda: viewer.parts, "something is shown", 30)
            assert not viewer.ended.wait(STARVED_SECONDS), "the viewer was cut"
            seen = tuple(viewer.parts)
        viewer.parts.clear()
        wait_until(lambda: any(part.is_live and (part.age_seconds or 9) < 1 for part in viewer.parts[-3:]), "fresh", 60)
        ages = [part.age_seconds for part in seen if part.is_live]
        assert all(age is not None and age < STALL_SECONDS + WAY_SECONDS for age in ages), ages
        assert ages or any("can't keep up" in line for line in stack.services["ingest"].output().splitlines())
