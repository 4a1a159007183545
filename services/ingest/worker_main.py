"""`python -m services.ingest.worker_main`: one camera, in a process of its own, started and watched by ingest.

Its assignment, secrets included, comes as the first line of standard input, where no process list shows it; later
lines are its new place in the order and notices to pass on, and the end of input is the end. Each status is a line on
standard output, the sign of life that ingest goes by.
"""

import faulthandler
import json
import os
import sys
import threading
from typing import IO, Any, Final

from services.ingest.bus_publisher import BusLoop
from services.ingest.camera import Camera, CameraPolicy
from services.ingest.camera_status import camera_status
from services.ingest.renditions import Renderer, RenderingOptions
from services.ingest.settings import CameraSettings
from services.ingest.sources.selection import answers_at, source_opener
from shared.bus.publisher import Publisher
from shared.bus.status import CameraStatus
from shared.lifecycle import Worker, run_service, stop_on_signals
from shared.logs import get_logger

STOP_SECONDS: Final = 1.0
HANGS_AFTER_SECONDS: Final = 60.0
"""Longer than any call into a source takes that still ends, a resolver that asks in vain included; but one may wait as
long as the camera may be silent."""
log = get_logger("services.ingest")


class Assigned:
    """One camera as its process runs it."""

    def __init__(self, assignment: dict[str, Any]) -> None:
        self.settings = CameraSettings.model_validate(assignment["camera"])
        self._order: int
        self._notices: tuple[str, ...]
        self.take(assignment)
        settings = self.settings
        self.camera = Camera(
            settings.device_key,
            source_opener(settings),
            Renderer(
                settings.device_key,
                RenderingOptions(
                    settings.fps, settings.jpeg_quality, settings.capture_quality, settings.skip_identical
                ),
            ),
            habits=CameraPolicy(settings.stall_seconds, settings.frozen_seconds or None, settings.idle == "disconnect"),
            answers=answers_at(settings),
        )

    def take(self, instruction: dict[str, Any]) -> None:
        self._order = instruction["order"]
        self._notices = tuple(instruction["notices"])

    def status(self, viewer_count: int) -> CameraStatus:
        """As of now; also says that this process lives."""
        camera = self.camera
        if camera.busy_seconds() > HANGS_AFTER_SECONDS + self.settings.stall_seconds:
            log.error("camera hangs: its process ends", camera=camera.key)
            os._exit(1)
        give_life_sign()
        return camera_status(
            self.settings,
            self._order,
            camera.condition,
            facts=camera.facts,
            fps=camera.fps,
            viewer_count=viewer_count,
            notices=self._notices,
        )


def give_life_sign() -> None:
    sys.stdout.write("\n")
    sys.stdout.flush()


def follow(instructions: IO[str], assigned: Assigned, stop: threading.Event) -> None:
    """Until the input ends, which is when ingest does."""
    for line in instructions:
        assigned.take(json.loads(line))
    stop.set()


def main() -> int:
    faulthandler.enable()
    assignment = json.loads(sys.stdin.readline())
    assigned = Assigned(assignment)
    stop, crashed = threading.Event(), threading.Event()

    def on_crash() -> None:
        crashed.set()
        stop.set()

    stop_on_signals(stop)
    publisher = Publisher(assignment["inner_address"], is_inner=True)
    bus_loop = BusLoop(publisher, assigned.camera, assigned.settings.offered_widths, assigned.status)
    workers = [
        Worker("bus", bus_loop.run, on_crash),
        Worker("camera", lambda ended: assigned.camera.run(ended, bus_loop), on_crash),
    ]
    for worker in workers:
        worker.start()
    threading.Thread(target=follow, args=(sys.stdin, assigned, stop), name="instructions", daemon=True).start()
    stop.wait()
    for worker in reversed(workers):
        worker.stop(STOP_SECONDS)
    # A source that is just being opened blocks its thread inside a library, and the reader of instructions is one that
    # can't be ended; nothing is lost by leaving both where they are.
    os._exit(1 if crashed.is_set() else 0)


if __name__ == "__main__":
    run_service(main)
