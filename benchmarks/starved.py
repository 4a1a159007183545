"""How old pictures are that are shown as live, while ingest gets next to no CPU time.

    .venv/bin/python -m benchmarks.starved [--seconds 40] [--decoder ffmpeg]

Ingest shares one core with a program that never rests, at the lowest priority. The camera writes the time into its
picture, so a viewer can tell the age of each. Prints, for each decoder, the ages of the parts called live, the share of
the time in which pictures were marked as late, and how long it took until all was live again afterwards.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.support.camera import RtspCamera
from tests.support.mjpeg import Part, Viewer
from tests.support.services import Stack
from tests.support.starved import process_tree, starved
from tests.support.waiting import wait_until

STALL_SECONDS = 5
SETTLE_SECONDS = 3.0


def watch(decoder: str, seconds: float, directory: Path) -> str:
    with (
        RtspCamera(width=1280, height=720, fps=30, gop_seconds=2.0) as camera,
        Stack(
            directory,
            CAMERA_RTSP_URL=camera.url,
            CAMERA_DECODER=decoder,
            CAMERA_STALL_SECONDS=str(STALL_SECONDS),
        ) as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 30, "pictures arrive", 30)
        parts: list[Part] = []
        with starved(process_tree(stack.services["ingest"].pid)):
            time.sleep(SETTLE_SECONDS)
            viewer.parts.clear()
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(0.5)
                parts += viewer.parts
                viewer.parts.clear()
        freed_at = time.time()
        wait_until(lambda: is_fresh(viewer), "pictures are fresh again", 120)
        healed = time.time() - freed_at
    ages = sorted(age for part in parts if part.is_live and (age := part.age_seconds) is not None)
    marked = sum(not part.is_live for part in parts)
    if not ages:
        return f"{decoder}: nothing was shown as live; {marked} marked parts; live again after {healed:.1f} s"
    return (
        f"{decoder}: {len(ages)} parts shown as live, their age p50 {statistics.median(ages):.2f} s, "
        f"p95 {ages[int(0.95 * (len(ages) - 1))]:.2f} s, worst {ages[-1]:.2f} s; {marked} marked parts; "
        f"fresh again after {healed:.1f} s"
    )


def is_fresh(viewer: Viewer) -> bool:
    newest = viewer.parts[-1] if viewer.parts else None
    return newest is not None and newest.is_live and (newest.age_seconds or 99) < 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--decoder", choices=("direct", "ffmpeg"))
    arguments = parser.parse_args()
    for decoder in (arguments.decoder,) if arguments.decoder else ("direct", "ffmpeg"):
        with tempfile.TemporaryDirectory() as directory:
            print(watch(decoder, arguments.seconds, Path(directory)), flush=True)


if __name__ == "__main__":
    main()
