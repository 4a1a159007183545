"""The delay from camera to viewer, and that of a direct `VideoCapture.read()` of the same camera in the same run.

The camera is the tests' RTSP server, which draws the time into its picture. The age of a picture is that time against
the moment of arrival: of the decoded picture (direct), or of the JPEG bytes (a viewer of Framecast).

    .venv/bin/python -m benchmarks.latency [--seconds 20] [--fps 30]
"""

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.load import percentile
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock
from tests.support.mjpeg import Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until

WARM_UP_SECONDS = 3.0


def direct_ages_ms(url: str, seconds: float, ages: list[float]) -> None:
    """Ages in a program of ten lines with good settings: TCP, no probing, one decoder thread."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp|fpsprobesize;0"
    import cv2  # noqa: PLC0415 it reads the environment variable above

    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    until = time.monotonic() + WARM_UP_SECONDS + seconds
    while time.monotonic() < until:
        taken, picture = capture.read()
        arrived_ms = time.time() * 1000
        assert taken
        shown_ms = read_clock(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely
        if shown_ms is not None and time.monotonic() > until - seconds:
            ages.append(arrived_ms - shown_ms)
    capture.release()


def framecast_ages_ms(port: int, seconds: float) -> list[float]:
    ages: list[float] = []
    with Viewer(port) as viewer:
        wait_until(lambda: viewer.parts, "the first picture arrives")
        time.sleep(WARM_UP_SECONDS)
        until, last = time.monotonic() + seconds, None
        while time.monotonic() < until:
            part = viewer.parts[-1]
            if part is not last:
                last = part
                if (age := part.age_seconds) is not None:
                    ages.append(age * 1000)
            time.sleep(0.002)
    return ages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--fps", type=int, default=30)
    options = parser.parse_args()
    direct: list[float] = []
    with (
        tempfile.TemporaryDirectory() as directory,
        RtspCamera(fps=options.fps) as camera,
        Stack(Path(directory), CAMERA_RTSP_URL=camera.url) as stack,
    ):
        reader = threading.Thread(target=direct_ages_ms, args=(camera.url, options.seconds, direct))
        reader.start()
        framecast = framecast_ages_ms(stack.stream_port, options.seconds)
        reader.join()
    rows = {"direct VideoCapture.read()": direct, "Framecast, a viewer": framecast}
    print(f"{'640x360, ' + str(options.fps) + ' fps':28} {'pictures':>8} {'p50 ms':>8} {'p95 ms':>8}")
    result = {}
    for name, ages in rows.items():
        p50, p95 = percentile(ages, 50), percentile(ages, 95)
        result[name] = {"pictures": len(ages), "p50_ms": p50, "p95_ms": p95}
        print(f"{name:28} {len(ages):8} {p50:8.1f} {p95:8.1f}")
    print(json.dumps({"benchmark": "latency", "fps": options.fps, **result}))


if __name__ == "__main__":
    main()
