"""An RTSP URL, split into its parts, with the credentials beside it."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from services.ingest.sources.connection_options import ConnectionOptions

_PORTS: Final = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class RtspAddress:
    """Where a camera is. `url` is for requests, and holds no credentials."""

    url: str
    host: str
    port: int
    is_encrypted: bool
    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, options: ConnectionOptions) -> Self:
        """
        Raises:
            ValueError: when the options' address is no RTSP URL. The message repeats no part of it.
        """
        scheme, separator, rest = options.url.partition("://")
        try:
            parts = urlsplit(f"//{rest}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if scheme.lower() not in _PORTS or not separator or not host:
            raise ValueError("the camera's address is not like rtsp://host:port/path") from None
        return cls(
            url=f"{scheme.lower()}://{rest}",
            host=host,
            port=port or _PORTS[scheme.lower()],
            is_encrypted=scheme.lower() == "rtsps",
            username=options.username,
            password=options.password,
        )
