"""`python -m services.ingest`: the cameras onto the bus, each in a process of its own, until SIGTERM."""

import os
import signal
import threading
from typing import TYPE_CHECKING

from services.ingest.cameras_file import CamerasFile
from services.ingest.open_owner import open_owner
from services.ingest.refusal import tell_refusal
from services.ingest.sandbox.memory import hide_memory
from services.ingest.sandbox.private_paths import private_paths
from services.ingest.sandbox.sandbox import warn_without_sandbox
from services.ingest.settings import CameraEnvironment, IngestSettings
from services.ingest.supervisor import CameraList, OneCamera, Supervisor
from shared.bus.keys import server_keys
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.file_limit import raise_file_limit
from shared.lifecycle import run_service, stop_on_signals
from shared.logs import get_logger
from shared.settings import load_settings

if TYPE_CHECKING:
    from services.ingest.access.owner import Owner
    from services.ingest.cameras.trials import Trials


log = get_logger("services.ingest")


def main() -> int:
    settings = load_settings(IngestSettings)
    keys = server_keys(settings)
    # Each connection to the bus is an open file. At its limit libzmq tries to accept for ever, on a whole core.
    raise_file_limit()
    stop = threading.Event()
    stop_on_signals(stop)
    cameras = _cameras(settings)
    owner = open_owner(settings)
    warn_without_sandbox()
    private = private_paths(settings, os.environ)
    trials = None if owner is None else _let_the_owner_change(cameras, owner, settings)
    try:
        supervisor = Supervisor(
            cameras,
            settings.bus_bind,
            keys=keys,
            max_pixels=settings.picture_max_pixels,
            owner=owner,
            trials=trials,
            private=private,
        )
    except ConfigurationError:
        if owner is not None:
            owner.close()  # who may read why is decided anew (refusal.py)
        raise
    log.info("ingest started", cameras=supervisor.camera_count, bus=settings.bus_bind, bus_has_keys=keys is not None)
    try:
        if owner is not None:
            owner.listen(settings, on_crash=stop.set)
        supervisor.run(stop)
    finally:
        if owner is not None:
            owner.close()
        supervisor.close()
    log.info("ingest stopped")
    return 0


def _cameras(settings: IngestSettings) -> CameraList:
    """Those of the cameras file, which SIGHUP has read again; without it the camera of the environment; without that,
    those that the owner adds at the page.
    """
    if settings.cameras_file is not None:
        cameras_file = CamerasFile(settings.cameras_file, Clock())
        signal.signal(signal.SIGHUP, lambda *_: cameras_file.force_reload())
        return cameras_file
    environment = OneCamera(load_settings(CameraEnvironment))
    if settings.bus_control is None or environment.camera.rtsp_url is not None:
        return environment
    from services.ingest.cameras.origin import PageCameras  # noqa: PLC0415 only where it is asked for

    return PageCameras(settings.page_file, environment, Clock())


def _let_the_owner_change(cameras: CameraList, owner: "Owner", settings: IngestSettings) -> "Trials":
    """Have the owner's requests change the cameras; what tries addresses for them."""
    from services.ingest.cameras.door import let_change  # noqa: PLC0415 only where it is asked for

    return let_change(cameras, owner, settings)


if __name__ == "__main__":
    hide_memory()
    run_service(main, show_refusal=tell_refusal)
