"""An RTSP URL, split into its parts, with the credentials apart."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit

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
    def parse(cls, url: str, username: str | None = None, password: str | None = None) -> Self:
        """Credentials in `url` are percent-encoded. Those beside it are not, and take precedence.

        Raises:
            ValueError: when this is no RTSP URL. The message repeats no part of it.
        """
        scheme, separator, rest = url.partition("://")
        # An @ means something only before the host; a password may hold any other character.
        end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
        userinfo, _, place = rest[:end].rpartition("@")
        name, _, word = userinfo.partition(":")
        try:
            parts = urlsplit(f"//{place}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if scheme.lower() not in _PORTS or not separator or not host:
            raise ValueError("the camera's address is not like rtsp://host:port/path") from None
        return cls(
            url=f"{scheme.lower()}://{place}{rest[end:]}",
            host=host,
            port=port or _PORTS[scheme.lower()],
            is_encrypted=scheme.lower() == "rtsps",
            username=unquote(name) if username is None else username,
            password=unquote(word) if password is None else password,
        )
