"""The settings of stream. Of the cameras it reads none: what it needs of them comes with their status."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.settings import Port, url_has_host
from shared.web.settings import WebSettings


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
    stream_max_viewers: int | None = Field(
        None, ge=1, le=100_000, description="a whole number from 1 to 100000, or empty for 1000 at the most"
    )
    """The most viewers that one replica serves at once. Unset: 1000, or what the limit on open files leaves room
    for."""
    stream_max_viewers_per_address: int = Field(100, ge=1, le=100_000, description="a whole number from 1 to 100000")
    """The most streams that one address may watch at once on a replica. This machine itself is not limited."""
    viewer_stall_seconds: int = Field(60, ge=5, le=3600, description="a whole number of seconds from 5 to 3600")
    """A viewer that takes nothing in for this long is cut."""
    archiver_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "http://127.0.0.1:8002", description="the archiver's http:// address, such as http://127.0.0.1:8002"
    )
    """Where requests for the archive are forwarded to."""
    compatibility_urls: bool = Field(False, description="true or false")
    """The addresses of other servers (mjpg-streamer, µStreamer, go2rtc, Frigate) lead to ours (docs/clients.md)."""
