"""The archive's part of the description of port 8001. `scripts/openapi` writes it; tests/stream compares."""

import json
import sys
import tempfile
from typing import Any

from services.archiver.app import create_app
from services.archiver.background_jobs import add_background_jobs
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.engine import open_engine
from services.archiver.files.open_store import open_store
from services.archiver.service import Archiver
from services.stream.api.archive_proxy import ADDRESSES
from shared.clock import Clock


def archive_part() -> str:
    """Of an archiver that never starts: the paths below the forwarded addresses, and all schemas, as JSON."""
    with tempfile.TemporaryDirectory() as directory:
        settings = ArchiverSettings.model_validate(
            {
                "archive_dir": f"{directory}/frames",
                "database_url": f"sqlite:///{directory}/archive.db",
                "timelapse_dir": f"{directory}/timelapses",
            }
        )
        clock = Clock()
        engine = open_engine(settings.database_url.get_secret_value())
        archiver = Archiver(engine, open_store(settings), settings.bus_connect, clock)
        document: dict[str, Any] = create_app(archiver, add_background_jobs(archiver, settings, clock)).openapi()
        engine.dispose()
    paths = {path: endpoints for path, endpoints in document["paths"].items() if path.startswith(ADDRESSES)}
    return json.dumps({"paths": paths, "schemas": document["components"]["schemas"]}, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(archive_part())
