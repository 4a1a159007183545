"""A camera that sends MJPEG over HTTP. Framecast sends it too, so one stack watches another."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.mjpeg import Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until


def test_an_mjpeg_cameras_jpegs_pass_through_unchanged_and_other_sizes_are_encoded(tmp_path: Path) -> None:
    """At the camera's own size, ingest forwards the camera's bytes without a new encoding."""
    for name in ("camera", "watching"):
        (tmp_path / name).mkdir()
    with (
        Stack(tmp_path / "camera") as camera,
        Viewer(camera.stream_port) as original,
        Stack(tmp_path / "watching", CAMERA_RTSP_URL=f"{camera.origin}/api/camera/stream") as stack,
        Viewer(stack.stream_port) as viewer,
        Viewer(stack.stream_port, "/api/camera/stream?width=320") as small,
    ):
        wait_until(lambda: len(viewer.parts) > 20 and len(small.parts) > 5, "pictures arrive", 20)
        sent = {part.jpeg for part in original.parts}
        seen = [part.jpeg for part in viewer.parts if part.is_live]
        assert len([jpeg for jpeg in seen if jpeg in sent]) >= len(seen) - 1, "pictures were changed on the way"
        live_small = [part for part in small.parts if part.is_live]
        assert live_small[-1].picture.shape == (180, 320, 3)
        device = stack.get("/api/devices")["devices"][0]
        assert (device["source"], device["codec"], device["width"], device["height"]) == ("http", "mjpeg", 1280, 720)


def test_what_is_masked_reaches_no_viewer_and_no_archive(tmp_path: Path) -> None:
    """Not even the camera's own JPEGs, which would pass unchanged otherwise, at any size and by any way."""
    for name in ("camera", "watching"):
        (tmp_path / name).mkdir()
    masks = {"CAMERA_PRIVACY_MASKS": "0,0 0.5,0 0.5,1 0,1", "CAMERA_ROTATE": "90", "CAMERA_CAPTURE_INTERVAL": "2"}
    with (
        Stack(tmp_path / "camera") as camera,
        Stack(tmp_path / "watching", CAMERA_RTSP_URL=f"{camera.origin}/api/camera/stream", **masks) as stack,
        Viewer(stack.stream_port) as viewer,
        Viewer(stack.stream_port, "/api/camera/stream?width=320") as small,
    ):
        wait_until(lambda: len(viewer.parts) > 20 and len(small.parts) > 5, "pictures arrive", 20)
        wait_until(lambda: list(stack.archive.rglob("*.webp")), "a frame is archived", 20)
        pictures = [part.picture for part in (*viewer.parts, *small.parts) if part.is_live]
        pictures += [np.asarray(Image.open(path).convert("RGB")) for path in stack.archive.rglob("*.webp")]
        for picture in pictures:
            half = picture.shape[0] // 2
            # The camera's left half is the upper one after a quarter turn to the right.
            assert picture[: half - 2].max() <= 24  # black, but for what the pictures' coding adds at the edge
            assert picture[half + 8 :].max() > 100
        device = stack.get("/api/devices")["devices"][0]
        assert (device["width"], device["height"]) == (720, 1280)
