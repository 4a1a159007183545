"""An HTTP address in its parts, and where a camera may redirect us. Pure."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, urljoin, urlsplit

_PORTS: Final = {"http": 80, "https": 443}
_REQUEST_SAFE: Final = "!#$%&'()*+,/:;=?@[]~"
"""A person may type a space or an umlaut, which no request can hold. What is encoded already stays as it is."""


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """`target` is the path and query, as a request names them."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """
        Raises:
            ValueError: when `url` is no HTTP address. The message repeats no part of it.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in _PORTS:
            raise ValueError("the camera's address is not like http://host:port/path") from None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], quote(target, safe=_REQUEST_SAFE))

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    @property
    def default_port(self) -> int:
        return _PORTS[self.scheme]

    @property
    def origin(self) -> tuple[str, str, int]:
        """What one connection serves."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """Without a query, which may hold a token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target.partition('?')[0]}"

    def redirected(self, location: str) -> "HttpAddress":
        """Where `location` leads from here.

        Raises:
            ValueError: when it leads to no HTTP address.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return HttpAddress.parse(urljoin(f"{self.scheme}://{host}:{self.port}{self.target}", location.strip()))

    def may_redirect_to(self, other: "HttpAddress") -> bool:
        """Only to the same server, or from HTTP to HTTPS on the same host. Otherwise a camera could have us fetch what
        it can't reach itself, and would get the credentials sent where it likes."""
        if other.host != self.host:
            return False
        return other.port == self.port if other.scheme == self.scheme else other.is_encrypted
