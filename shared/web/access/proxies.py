"""The client of a request. Forwarding headers are believed only from the proxies that TRUSTED_PROXIES names."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from shared.web.settings import Network


@dataclass(frozen=True, slots=True)
class Sender:
    """The client's address (empty when unknown, as on a Unix socket), and whether its own connection is encrypted."""

    address: str
    is_https: bool


class TrustedProxies:
    def __init__(self, networks: tuple[Network, ...]) -> None:
        self._networks = networks

    def sender_of(self, scope: Scope) -> Sender:
        """The peer; or, behind trusted proxies, the last address in X-Forwarded-For that is none of them."""
        peer = _plain((scope.get("client") or ("",))[0])
        is_https = scope["scheme"] in ("https", "wss")
        if not self._networks or not self._trusts(peer):
            return Sender(peer, is_https)
        headers = Headers(scope=scope)
        # Only the last entry is written by the nearest proxy; a client may have made up all before it.
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
        hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
        return Sender(self._first_untrusted(hops) or peer, scheme == "https" if scheme else is_https)

    def _first_untrusted(self, hops: list[str]) -> str | None:
        address = None
        for hop in reversed(hops):
            if _parsed(hop) is None:
                break
            address = _plain(hop)
            if not self._trusts(address):
                break
        return address

    def _trusts(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # An IPv6 socket shows an IPv4 peer as ::ffff:a.b.c.d.
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _plain(address: str) -> str:
    parsed = _parsed(address)
    return address if parsed is None else str(parsed)
