"""`python -m services.archiver`: reads the settings, opens store and database, and serves until it is told to stop."""

import logging
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.app import create_app
from services.archiver.background_jobs import add_background_jobs
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.archive_identity import is_away
from services.archiver.db.open_database import open_database
from services.archiver.files.open_store import open_store
from services.archiver.files.webp import WebpOptions
from services.archiver.service import Archiver
from shared.allocator import keep_few_arenas
from shared.bus.keys import client_keys
from shared.bus.subscriber import Subscriber
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.file_limit import raise_file_limit
from shared.lifecycle import run_service
from shared.settings import load_settings
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import AccessRules, Guard
from shared.web.access.owner_access import owner_access
from shared.web.base_path import BasePath
from shared.web.refusal import serve_refusal
from shared.web.server import listen, make_server, serve
from shared.web.settings import refuse_unprotected_access

EXIT_CRASHED: Final = 1


def main() -> int:
    keep_few_arenas()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(ArchiverSettings)
    is_published = refuse_unprotected_access(settings, "ARCHIVER_HOST", settings.archiver_host)
    raise_file_limit()
    bus_keys, rules = client_keys(settings), CameraRules.loaded(settings)
    engine = open_database(settings)
    webp = WebpOptions(settings.archive_webp_quality, settings.archive_webp_method)
    clock = Clock()
    owner = owner_access(settings, Subscriber, clock, bus_keys, is_published=is_published)
    away = is_away(engine, settings)
    store, max_pixels = open_store(settings, is_tried=not away), settings.picture_max_pixels
    archiver = Archiver(
        engine,
        store,
        settings.bus_connect,
        clock,
        webp,
        max_pixels=max_pixels,
        bus_keys=bus_keys,
        takes_back=settings.archive_take_back,
        rules=rules,
        owner=owner,
    )
    routers = add_background_jobs(archiver, settings, clock, is_away=away)
    listener = listen(settings.archiver_host, settings.archiver_port, setting="ARCHIVER")
    app = create_app(archiver, routers, ZoneInfo(settings.archive_time_zone))
    guarded = Guard(app, settings, Authenticator(settings, clock, owner), AccessRules())
    serve(make_server(BasePath(guarded, settings.base_path)), listener)
    if archiver.refusal is not None:
        raise archiver.refusal
    return EXIT_CRASHED if archiver.failed else 0


def show_refusal(error: ConfigurationError) -> None:
    """Stream forwards it to those whom it lets in; who else may reach the archiver is not known here."""
    serve_refusal(error, "ARCHIVER", ArchiverSettings)


if __name__ == "__main__":
    run_service(main, show_refusal=show_refusal)
