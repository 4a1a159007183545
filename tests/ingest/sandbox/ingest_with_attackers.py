"""`services.ingest` itself, whose cameras take their processes over. SPAWNS=1: each process is started from nothing."""

import os
import socket

from services.ingest import __main__, supervisor, worker_launcher, worker_template
from services.ingest.sandbox.memory import hide_memory
from services.ingest.worker_launcher import SpawningLauncher
from shared.lifecycle import run_service

if __name__ == "__main__":
    hide_memory()
    worker_template.TEMPLATE_MODULE = "tests.ingest.sandbox.taken_over_template"  # type: ignore[misc]
    worker_launcher.WORKER_MODULE = "tests.ingest.sandbox.taken_over_worker"  # type: ignore[misc]
    if os.environ.get("SPAWNS"):
        setattr(supervisor, "worker_launcher", lambda _clock: SpawningLauncher())  # noqa: B010 it is no constant
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0framecast-{os.getpid()}")
    abstract.listen()
    run_service(__main__.main)
