"""`python -m services.stream`: one replica of the fan-out, until SIGTERM."""

import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from services.stream.api.connection_handover import DirectHttpProtocol
from services.stream.app import build_app
from services.stream.fanout.hub import Hub
from services.stream.gateway.gateway_client import GatewayClient
from services.stream.settings import StreamSettings
from shared.allocator import keep_few_arenas
from shared.bus.keys import client_keys
from shared.bus.subscriber import Subscriber
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.file_limit import raise_file_limit
from shared.lifecycle import run_service
from shared.logs import get_logger
from shared.settings import load_settings
from shared.web.access.owner_access import owner_access
from shared.web.refusal import serve_refusal
from shared.web.server import listen, make_server, serve
from shared.web.settings import refuse_unprotected_access

USUAL_MAX_VIEWERS: Final = 1000
log = get_logger("services.stream")


def main() -> int:
    keep_few_arenas()
    settings = load_settings(StreamSettings)
    bus_keys = client_keys(settings)
    is_published = refuse_unprotected_access(settings, "STREAM_HOST", settings.stream_host)
    if settings.gateway_socket is not None:  # nothing here tells where the gateway listens
        is_published |= refuse_unprotected_access(settings, "GATEWAY_SOCKET", str(settings.gateway_socket))
    clock = Clock()
    owner = owner_access(settings, Subscriber, clock, bus_keys, is_published=is_published)
    most_connections = raise_file_limit()
    max_viewers = min(settings.stream_max_viewers or USUAL_MAX_VIEWERS, most_connections)
    listener = listen(
        settings.stream_host, settings.stream_port, setting="STREAM", stall_seconds=settings.viewer_stall_seconds
    )
    hub = Hub(
        settings.bus_connect,
        max_viewers,
        settings.viewer_stall_seconds,
        bus_keys,
        max_pixels=settings.picture_max_pixels,
        zone=ZoneInfo(settings.archive_time_zone),
    )
    log.info("stream started", address=f"http://{settings.stream_host}:{settings.stream_port}", replica=hub.replica)
    app = build_app(settings, hub, clock, owner)
    gateway = None if settings.gateway_socket is None else GatewayClient(settings.gateway_socket)
    serve(make_server(app, http=DirectHttpProtocol, on_stop=hub.close_viewers, source=gateway), listener)
    log.info("stream stopped")
    return 0


def show_refusal(error: ConfigurationError) -> None:
    """To everybody, since no password is known: also through the gateway, in place of a replica."""
    gateway = os.environ.get("GATEWAY_SOCKET")
    source = GatewayClient(Path(gateway)) if gateway else None
    serve_refusal(error, "STREAM", StreamSettings, source)


if __name__ == "__main__":
    run_service(main, show_refusal=show_refusal)
