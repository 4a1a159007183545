"""`python -m services.archiver`: reads the settings, opens what can be opened, serves until told to stop."""

import logging
from typing import Final

from services.archiver.app import create_app
from services.archiver.archiver import Archiver
from services.archiver.database import open_engine
from services.archiver.directories import why_never_writable
from services.archiver.settings import ArchiverSettings
from services.archiver.storage import FrameStore
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.lifecycle import run_service
from shared.settings import load_settings
from shared.web.server import listen, make_server, serve

EXIT_CRASHED: Final = 1


def main() -> int:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    reason = why_never_writable(settings.archive_dir)
    if reason is not None:
        description = ArchiverSettings.model_fields["archive_dir"].description
        raise ConfigurationError(f"ARCHIVE_DIR is '{settings.archive_dir}' but must be {description}: {reason}.")
    engine = open_engine(settings.database_url.get_secret_value())
    archiver = Archiver(engine, FrameStore(settings.archive_dir), settings.bus_connect, Clock())
    listener = listen(settings.archiver_host, settings.archiver_port, setting="ARCHIVER")
    serve(make_server(create_app(archiver)), listener)
    return EXIT_CRASHED if archiver.failed else 0


if __name__ == "__main__":
    run_service(main)
