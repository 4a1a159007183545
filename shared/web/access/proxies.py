"""The client of a request. Forwarding headers are believed only from the proxies that TRUSTED_PROXIES names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from shared.access.client_network import parsed_address
from shared.web.settings import Network

_HOUSEHOLDS: Final = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"))
)
"""Clients live in these networks too. Who trusts a whole one does not know the proxies' addresses."""
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\d+)?|([\d.]+):\d+")


@dataclass(frozen=True, slots=True)
class Sender:
    """The client's address (empty when unknown, as on a Unix socket), and whether its own connection is encrypted."""

    address: str
    is_https: bool


class TrustedProxies:
    """A proxy in a network of `networks` is believed when it connects to us.

    An address within X-Forwarded-For counts as one more proxy only if it is in a network that is smaller than a whole
    private one. Under Docker Compose all private networks are trusted, since the gateway can have any address there: a
    client in the LAN would count as a proxy, and what that client wrote itself as its address.
    """

    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks
        self._known_networks = tuple(one for one in networks if not _holds_a_household(one))

    def sender_of(self, scope: Scope) -> Sender:
        """The peer; or, behind trusted proxies, the last address in X-Forwarded-For that is none of them.

        If all are proxies, it is the last one, which the nearest proxy wrote. Any before it may be the invention of a
        client that shares a network with the proxies.
        """
        peer = _address((scope.get("client") or ("",))[0])
        is_https = scope["scheme"] in ("https", "wss")
        parsed = parsed_address(peer)
        if parsed is None or not _is_in(parsed, self._networks):
            return Sender(peer, is_https)
        headers = Headers(scope=scope)
        # Only the last entry is written by the nearest proxy; a client may have made up all before it.
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
        return Sender(self._client_among(hops) or peer, scheme == "https" if scheme else is_https)

    def _client_among(self, hops: list[str]) -> str | None:
        last = None
        for hop in reversed(hops):
            address = _without_port(hop)
            parsed = parsed_address(address)
            if parsed is None:
                return last
            if not _is_in(parsed, self._known_networks):
                return str(parsed)
            last = last or str(parsed)
        return last


def _holds_a_household(network: Network) -> bool:
    return any(
        network.version == household.version
        and network.prefixlen <= household.prefixlen
        and network.overlaps(household)
        for household in _HOUSEHOLDS
    )


def _is_in(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _without_port(hop: str) -> str:
    """Some proxies add the client's port: `192.0.2.1:5678`, `[2001:db8::1]:5678`."""
    with_port = _WITH_PORT.fullmatch(hop)
    return hop if with_port is None else with_port[1] or with_port[2] or ""


def _address(address: str) -> str:
    parsed = parsed_address(address)
    return address if parsed is None else str(parsed)
