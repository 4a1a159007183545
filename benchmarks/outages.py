"""A camera's outages as a viewer sees them: the time until the picture is marked, and until it is live again.

All parts are real: GStreamer's RTSP server, ingest and stream as processes, and a viewer that stays connected.

    .venv/bin/python -m benchmarks.outages [--decoder ffmpeg]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.support.camera import RtspCamera
from tests.support.mjpeg import Part, Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until

AWAY_SECONDS: Final = 12.0
"""Long enough for the pauses between attempts to grow."""
Action = Callable[[RtspCamera], None]
OUTAGES: Final[dict[str, tuple[Action, Action]]] = {
    "killed, the address refuses": (RtspCamera.kill, RtspCamera.start),
    "mute: accepts, never answers": (RtspCamera.pause, RtspCamera.resume),
    "answers, but sends no media": (RtspCamera.mute, RtspCamera.speak),
    "ends its stream, then refuses": (RtspCamera.stop, RtspCamera.start),
}


def first_part(viewer: Viewer, since: float, *, live: bool) -> Part | None:
    return next((part for part in tuple(viewer.parts) if part.received_at >= since and part.is_live is live), None)


def measure(camera: RtspCamera, viewer: Viewer, action: Action, undo: Action) -> tuple[float, float]:
    """Seconds from the outage to the first marked part, and from the camera's return to the first live one."""
    wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "the picture is live", 60)
    viewer.parts.clear()
    began = time.time()
    action(camera)
    marked = wait_until(lambda: first_part(viewer, began, live=False), "the picture is marked", 30)
    time.sleep(max(0.0, AWAY_SECONDS - (time.time() - began)))
    viewer.parts.clear()
    undo(camera)
    answers = time.time()
    back = wait_until(lambda: first_part(viewer, answers, live=True), "the picture is live again", 60)
    assert marked is not None
    assert back is not None
    return marked.received_at - began, back.received_at - answers


def outages(decoder: str, rounds: int) -> list[dict[str, Any]]:
    found = []
    with (
        tempfile.TemporaryDirectory() as directory,
        RtspCamera() as camera,
        Stack(Path(directory), CAMERA_RTSP_URL=camera.url, CAMERA_DECODER=decoder) as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        print(f"{'CAMERA_DECODER=' + decoder:34} {'marked after s':>15} {'live again after s':>19}")
        for name, (action, undo) in OUTAGES.items():
            times = [measure(camera, viewer, action, undo) for _ in range(rounds)]
            marked, healed = (statistics.median(values) for values in zip(*times, strict=True))
            worst = max(healed for _, healed in times)
            print(f"{name:34} {marked:15.2f} {healed:12.2f} (<= {worst:.2f})")
            found.append({"outage": name, "marked_s": round(marked, 2), "healed_s": round(healed, 2), "worst": worst})
        assert not viewer.ended.is_set(), "the viewer was cut"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decoder", choices=["direct", "ffmpeg"], default="direct")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = outages(options.decoder, options.rounds)
    print(json.dumps({"benchmark": "outages", "decoder": options.decoder, "outages": found}))


if __name__ == "__main__":
    main()
