"""Under which addresses others reach this server, as far as the settings and this host's network tell."""

import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from services.stream.base import connect_texts
from shared.web.settings import is_loopback

_NOWHERE: Final = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
)
"""Addresses for documents. The system tells from which of its own it would send there; nothing is sent."""
_ALL: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 nothing is bound here
_IN_CONTAINER: Final = Path("/.dockerenv")
"""A container's own addresses are not those of the host, which publishes it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """`sites` are whole addresses, without a slash at the end; `hosts` are reached at `port` by plain HTTP.

    Where `port` is None, a request's own is the best guess. `why_none` says what to do where there is neither.
    """

    sites: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    port: int | None = None
    why_none: str = ""

    @property
    def doubt(self) -> str:
        """What may be wrong with the addresses."""
        return connect_texts.PORT_IS_A_GUESS if self.hosts and self.port is None else ""


@dataclass(frozen=True, slots=True)
class Publication:
    """What the settings say, by their names, and whether a gateway stands before us."""

    stream_host: str = "127.0.0.1"
    stream_port: int = 8001
    publish_address: str | None = None
    publish_port: int | None = None
    site_address: str | None = None
    has_gateway: bool = False

    def reach(self) -> Reach:
        """What others can type. It looks at the network anew, since a computer may move."""
        sites = tuple(filter(None, map(_site, (self.site_address or "").replace(",", " ").split())))
        published = self.publish_address or self.stream_host
        if is_loopback(self.stream_host) or is_loopback(published):
            return Reach(sites, why_none=connect_texts.ONLY_HERE)
        is_behind = self.has_gateway or _IN_CONTAINER.exists()
        port = self.publish_port or (None if is_behind else self.stream_port)
        if published not in _ALL:
            return Reach(sites, (_in_url(published),), port)
        if is_behind:
            return Reach(sites, why_none=connect_texts.ADDRESS_UNKNOWN)
        return Reach(sites, host_addresses(), port, connect_texts.NO_ADDRESS)


def host_addresses() -> tuple[str, ...]:
    """This host's own in its network, as they stand in a URL: the one of IPv4 first."""
    return tuple(_in_url(address) for family, there in _NOWHERE if (address := _own_address(family, there)))


def _own_address(family: socket.AddressFamily, there: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            address: str = probe.getsockname()[0]
    except OSError:  # no such network here
        return ""
    parsed = ip_address(address)
    return "" if parsed.is_loopback or parsed.is_link_local else address


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _site(address: str) -> str:
    """An address of SITE_ADDRESS; empty for one that is this computer's, or has no host."""
    url = urlsplit(address if "://" in address else f"https://{address}")
    return "" if not url.hostname or is_loopback(url.hostname) else f"{url.scheme}://{url.netloc}"
