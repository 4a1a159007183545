"""`python -m services.ingest`: one camera onto the bus, until SIGTERM."""

import os
import threading
from functools import partial

from services.ingest.camera import Camera, CameraCondition
from services.ingest.publishing import BusLoop, CameraOutlet
from services.ingest.settings import IngestSettings
from services.ingest.sources import Source
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.native_log import NativeLog
from services.ingest.sources.video_capture import VideoCaptureSource
from services.ingest.sources.video_file import VideoFileSource
from shared.clock import Clock
from shared.lifecycle import Worker, run_service, stop_on_signals
from shared.logs import get_logger
from shared.settings import load_settings
from shared.status import CameraState, CameraStatus
from shared.transport import Publisher

STOP_SECONDS = 1.5
log = get_logger("services.ingest")


def open_source(settings: IngestSettings, native_log: NativeLog) -> Source:
    """The source that the settings name, not yet connected."""
    match settings.source_kind:
        case "demo":
            return DemoSource()
        case "file":
            return VideoFileSource(settings.source_url(), native_log=native_log)
        case _:
            return VideoCaptureSource(settings.source_url(), secrets=settings.secrets(), native_log=native_log)


def camera_status(settings: IngestSettings, camera: Camera, viewer_count: int) -> CameraStatus:
    condition = camera.condition
    return CameraStatus(
        camera=camera.key,
        name=settings.camera_name,
        order=0,
        is_default=True,
        source=settings.source_kind,
        state=condition.state,
        since_ns=condition.since_ns,
        last_error=condition.last_error,
        reconnects=condition.reconnects,
        width=condition.width,
        height=condition.height,
        fps=camera.fps,
        widths=settings.widths,
        viewer_count=viewer_count,
        capture_interval_seconds=settings.camera_capture_interval,
        sent_at_ns=Clock().utc_ns(),
    )


def main(native_log: NativeLog) -> int:
    settings = load_settings(IngestSettings)
    stop, crashed = threading.Event(), threading.Event()

    def on_crash() -> None:
        crashed.set()
        stop.set()

    stop_on_signals(stop)
    camera = Camera(
        settings.camera_device_key,
        partial(open_source, settings, native_log),
        max_fps=settings.camera_fps,
        jpeg_quality=settings.camera_jpeg_quality,
    )
    publisher = Publisher(settings.bus_bind)
    bus_loop = BusLoop(publisher, camera, settings.widths, partial(camera_status, settings, camera))
    workers = [Worker("bus", bus_loop.run, on_crash)]
    if settings.camera_enabled:
        outlet = CameraOutlet(publisher.handoff.producer())
        workers.append(Worker("camera", lambda ended: camera.run(ended, outlet), on_crash))
    else:
        camera.condition = CameraCondition(CameraState.DISABLED, Clock().utc_ns())
    for worker in workers:
        worker.start()
    log.info("ingest started", camera=camera.key, source=settings.source_kind, bus=settings.bus_bind)
    stop.wait()
    have_ended = [worker.stop(STOP_SECONDS) for worker in reversed(workers)]
    if not all(have_ended):
        # A camera that is just being opened blocks its thread inside OpenCV; nothing is lost by leaving it there.
        os._exit(1 if crashed.is_set() else 0)
    publisher.close()
    log.info("ingest stopped")
    return 1 if crashed.is_set() else 0


if __name__ == "__main__":
    caught = NativeLog.capture()
    run_service(lambda: main(caught))
