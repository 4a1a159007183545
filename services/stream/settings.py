"""The settings of stream. It reads none of the cameras' settings: their status has all that it needs."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from shared.settings import Port, url_has_host
from shared.time_zone import ZoneName, local_zone_name
from shared.web.settings import WebSettings

SHOWN: Final = (
    "bus_connect",
    "archiver_url",
    "archive_time_zone",
    "stream_max_viewers",
    "stream_max_viewers_per_address",
    "viewer_stall_seconds",
    "compatibility_urls",
    "base_path",
    "publish_address",
    "publish_port",
    "site_address",
    "trusted_proxies",
    "sign_on_proxies",
    "sign_on_header",
    "allowed_origins",
    "allow_anonymous",
)
"""The settings that the status page shows. Only harmless ones are listed: a setting added later may be a secret."""


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")) or not url_has_host(value):
        raise ValueError(value)
    return value.rstrip("/")


class StreamSettings(WebSettings):
    """Where to listen, how many to serve, and where the archive is."""

    stream_host: str = Field("127.0.0.1", description="an address of this host, such as 127.0.0.1 or 0.0.0.0")
    """Where the pages and the live pictures listen. Beyond this machine a password is needed."""
    stream_port: Port = 8001
    """The port of the pages and the live pictures."""
    publish_port: Port | None = Field(None, description="empty, or a port from 1 to 65535")
    """The port at which others come, where it is not STREAM_PORT, as before a proxy or a container. The page
    /connect needs it. Compose sets it to the port that the stack is published on."""
    stream_max_viewers: int | None = Field(
        None, ge=1, le=100_000, description="a whole number from 1 to 100000, or empty for 1000 at the most"
    )
    """The most viewers that one replica serves at once. Unset: 1000, or what the limit on open files leaves room
    for."""
    stream_max_viewers_per_address: int = Field(300, ge=1, le=100_000, description="a whole number from 1 to 100000")
    """The most streams that one address may watch at once on a replica, and the most requests to the archive that it
    may have under way. This machine itself is not limited."""
    viewer_stall_seconds: int = Field(60, ge=5, le=3600, description="a whole number of seconds from 5 to 3600")
    """A viewer that takes nothing in for this long is cut."""
    archiver_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "http://127.0.0.1:8002", description="the archiver's http:// address, such as http://127.0.0.1:8002"
    )
    """Where requests for the archive are forwarded to."""
    archive_time_zone: ZoneName = Field(
        default_factory=local_zone_name, description="a time zone such as Europe/Berlin"
    )
    """The time zone of all times and days on the pages, whatever the browser's. Unset: that of TZ, or of this
    computer."""
    compatibility_urls: bool = Field(False, description="true or false")
    """The addresses of other servers (mjpg-streamer, µStreamer, go2rtc, Frigate) lead to ours (docs/clients.md)."""
    gateway_socket: Path | None = Field(None, description="empty, or the path of a Unix socket")
    """Where the gateway passes viewers' connections on to its replicas, which also listen at STREAM_PORT."""
