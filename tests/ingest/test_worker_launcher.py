"""What a camera's process inherits, and the start from nothing, which is the way beside Linux."""

import os

from services.ingest.settings import CameraSettings
from services.ingest.worker import CameraWorker
from services.ingest.worker_launcher import SpawningLauncher, inherited_environment
from shared.bus.publishing_rights import PublishingRights
from shared.clock import Clock
from tests.support.waiting import wait_until


def test_settings_and_secrets_of_all_services_stay_behind() -> None:
    """The runner has them all in its environment. A camera's process gets its own by standard input."""
    libraries = {"PATH": "/bin", "TZ": "Europe/Berlin", "LC_ALL": "C", "LOG_FORMAT": "json", "SSL_CERT_FILE": "/ca"}
    secrets = ("CAMERA_RTSP_URL", "BUS_SERVER_SECRET_FILE", "WEB_PASSWORD", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY")
    inherited = inherited_environment(libraries | dict.fromkeys(secrets, "secret"))
    assert inherited == libraries | {"OPENBLAS_NUM_THREADS": "1"}


def test_a_process_that_is_started_from_nothing_works_the_same() -> None:
    """It sends heartbeats, leads its own group, and ends with its instructions."""
    worker = CameraWorker(
        CameraSettings(), 0, "ipc:///nowhere", rights=PublishingRights(), launcher=SpawningLauncher(), clock=Clock()
    )
    try:
        wait_until(lambda: not worker.check() and worker.status() is None, "the first heartbeat comes", 60)
        assert worker.pid is not None
        assert os.getpgid(worker.pid) == worker.pid
    finally:
        worker.finish_stop(10)
    assert worker.pid is None
