"""`python -m services.ingest`: the cameras onto the bus, each in a process of its own, until SIGTERM."""

import signal
import threading
from functools import partial

from services.ingest.cameras_file import FileWatch, read_cameras_file
from services.ingest.settings import CameraEnvironment, CameraSettings, IngestSettings
from services.ingest.supervisor import Station
from shared.bus.keys import server_keys
from shared.clock import Clock
from shared.lifecycle import run_service, stop_on_signals
from shared.logs import get_logger
from shared.settings import load_settings

log = get_logger("services.ingest")


def main() -> int:
    settings = load_settings(IngestSettings)
    keys = server_keys(settings)
    stop = threading.Event()
    stop_on_signals(stop)
    path = settings.cameras_file
    if path is None:
        cameras: tuple[CameraSettings, ...] = (load_settings(CameraEnvironment),)
        station = Station(cameras, settings.bus_bind, lambda: cameras, lambda: False, keys=keys)
    else:
        watch = FileWatch(path, Clock())
        signal.signal(signal.SIGHUP, lambda *_: watch.hang_up())
        cameras = read_cameras_file(path)
        station = Station(cameras, settings.bus_bind, partial(read_cameras_file, path), watch.has_changed, keys=keys)
    log.info("ingest started", cameras=len(cameras), bus=settings.bus_bind, bus_has_keys=keys is not None)
    try:
        station.run(stop)
    finally:
        station.close()
    log.info("ingest stopped")
    return 0


if __name__ == "__main__":
    run_service(main)
