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
    stream_port: Port = 8001
    stream_max_viewers: int | None = Field(
        None, ge=1, le=100_000, description="a whole number from 1 to 100000, or empty for 1000 at the most"
    )
    stream_max_viewers_per_address: int = Field(100, ge=1, le=100_000, description="a whole number from 1 to 100000")
    viewer_stall_seconds: int = Field(60, ge=5, le=3600, description="a whole number of seconds from 5 to 3600")
    archiver_url: Annotated[str, AfterValidator(_http_url)] = Field(
        "http://127.0.0.1:8002", description="the archiver's http:// address, such as http://127.0.0.1:8002"
    )
    compatibility_urls: bool = Field(False, description="true or false")
