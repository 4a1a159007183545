"""The address of the page to ask, as a person gave it."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from services.doctor import texts
from shared.errors import FramecastError

_PORTS: Final = {"http": 80, "https": 443}


class BadAddressError(FramecastError):
    """Raised when an address can't be asked. The message is for the person, and has nothing secret of it."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """`base` is the path of BASE_PATH, empty or without a slash at its end."""

    is_https: bool
    host: str
    port: int
    base: str = ""

    @classmethod
    def parse(cls, given: str) -> Self:
        """The address in `given`. Without a scheme it is http.

        Raises:
            BadAddressError: it is none, or has a password in it.
        """
        try:
            parts = urlsplit(given if "://" in given else f"http://{given}")
            port = parts.port
        except ValueError:
            raise BadAddressError(texts.NO_ADDRESS) from None
        _refuse(parts, given)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise BadAddressError(texts.NO_ADDRESS)
        base = parts.path.rstrip("/")
        return cls(parts.scheme == "https", parts.hostname, port or _PORTS[parts.scheme], base)

    def __str__(self) -> str:
        scheme = "https" if self.is_https else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}{self.base}/"


def _refuse(parts: SplitResult, given: str) -> None:
    if "@" in parts.netloc:
        raise BadAddressError(texts.LOGIN_IN_ADDRESS)
    if parts.query or parts.fragment:
        raise BadAddressError(texts.BEHIND_ADDRESS)
    if not given.isascii() or not given.isprintable() or " " in given:
        raise BadAddressError(texts.NO_ADDRESS)
