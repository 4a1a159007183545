"""An RTSP URL, split into its parts, with the credentials beside it."""

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from services.ingest.sources.connection_options import ConnectionOptions

_PORTS: Final = {"rtsp": 554, "rtsps": 322}
_PRINTABLE: Final = re.compile(r"[!-~]{1,2048}")


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
        scheme, _, rest = options.url.partition("://")
        place = _place_of(options.url)
        if place is None:
            raise ValueError("the camera's address is not like rtsp://host:port/path") from None
        return cls(
            url=f"{scheme.lower()}://{rest}",
            host=place[1],
            port=place[2],
            is_encrypted=place[0] == "rtsps",
            username=options.username,
            password=options.password,
        )

    def redirected(self, location: str, camera_address: str) -> str | None:
        """The URL that `location` leads to; None if that is anywhere but at the same port of the same host, and as well
        encrypted. Any other place would be asked in our name, and told the camera's password.

        The camera may name itself by its IP address, `camera_address`.
        """
        scheme, _, rest = self.url.partition("://")
        if location.startswith("/") and not location.startswith("//"):
            location = f"{scheme}://{rest.partition('/')[0]}{location}"
        place = _place_of(location)
        if place is None or not _PRINTABLE.fullmatch(location):
            return None
        here = {(scheme, host.lower(), self.port) for host in (self.host, camera_address)}
        return _without_login(location) if place in here else None


def _without_login(url: str) -> str:
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{place.rpartition('@')[2]}{slash}{path}"


def _place_of(url: str) -> tuple[str, str, int] | None:
    """The scheme, host and port of an RTSP URL; None if it is none."""
    scheme, separator, rest = url.partition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if scheme.lower() not in _PORTS or not separator or not host:
        return None
    return scheme.lower(), host, port or _PORTS[scheme.lower()]
