"""Where a camera is, and what it is asked for: an RTSP URL taken apart, with the credentials set aside."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"rtsp": 554, "rtsps": 322}


@dataclass(frozen=True, slots=True)
class RtspAddress:
    """`url` is what requests name; it holds no credentials."""

    url: str
    host: str
    port: int
    is_encrypted: bool
    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str, username: str | None = None, password: str | None = None) -> Self:
        """Credentials in `url` are percent-encoded, those beside it are not and come first.

        Raises:
            ValueError: when this is no RTSP URL. Nothing of the URL is repeated.
        """
        scheme, separator, rest = url.partition("://")
        # Only the host's part has an @ that means something; before it anything may stand that a password may hold.
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
