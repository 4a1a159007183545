"""The bandwidth of one viewer: Mbit/s of a 640 pixel wide stream by JPEG quality, for real footage and for a still.

.venv/bin/python -m benchmarks.bandwidth FOOTAGE
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import cv2

from tests.support.mjpeg import Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until

QUALITIES: Final = (80, 70, 60, 50)
SECONDS: Final = 10.0
WIDTH: Final = 640


def megabits_per_second(footage: Path, quality: int) -> tuple[float, float]:
    """Mbit/s of one viewer, and its pictures per second."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Stack(
            Path(directory), CAMERA_RTSP_URL=str(footage), CAMERA_JPEG_QUALITY=str(quality), CAMERA_WIDTHS=str(WIDTH)
        ) as stack,
        Viewer(stack.stream_port, f"/api/camera/stream?width={WIDTH}") as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 2, "pictures arrive", 20)
        viewer.parts.clear()
        began = time.monotonic()
        time.sleep(SECONDS)
        parts, seconds = tuple(viewer.parts), time.monotonic() - began
    return sum(len(part.jpeg) for part in parts) * 8 / seconds / 1e6, len(parts) / seconds


def still_of(footage: Path, directory: Path) -> Path:
    """A video that repeats the first picture of the footage."""
    capture = cv2.VideoCapture(str(footage))
    _, picture = capture.read()
    capture.release()
    path = directory / "still.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, picture.shape[1::-1])
    for _ in range(30):
        writer.write(picture)
    writer.release()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("footage", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for quality in QUALITIES:
        rate, fps = megabits_per_second(options.footage, quality)
        print(f"quality {quality}: {rate:5.2f} Mbit/s at {fps:4.1f} pictures/s, {rate / fps * 30:5.2f} at 30")
        found[f"q{quality}"] = {"mbit_s": round(rate, 2), "fps": round(fps, 1), "at_30": round(rate / fps * 30, 2)}
    with tempfile.TemporaryDirectory() as directory:
        rate, fps = megabits_per_second(still_of(options.footage, Path(directory)), QUALITIES[0])
    print(f"a still:    {rate:5.2f} Mbit/s at {fps:4.1f} pictures/s")
    print(json.dumps({"benchmark": "bandwidth", "width": WIDTH, **found, "still_mbit_s": round(rate, 2)}))


if __name__ == "__main__":
    main()
