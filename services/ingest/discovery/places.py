"""Which addresses a person's text means, and which of them may be asked. Pure: the caller looks names up."""

import ipaddress
import re
from typing import Final

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.discovery import texts
from shared.errors import FramecastError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_IPV6: Final = 6
MOST_ADDRESSES: Final = 256
"""A /24."""
_OWN_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "198.18.0.0/15"),
        *("fc00::/7", "fe80::/10"),
    )
)
"""Those that no stranger on the internet has: of homes and companies, of cables without a router, VPNs and tests."""
_ZONE: Final = re.compile(r"[A-Za-z0-9_.-]{1,15}")
"""An interface's name, which says in which network an address of the kind fe80:: is."""
_NAME: Final = re.compile(r"(?=.{1,253}$)(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?")
_SPAN: Final = re.compile(r"((?:\d{1,3}\.){3})(\d{1,3})\s*-\s*(?:\1)?(\d{1,3})", re.ASCII)


class PlaceError(FramecastError):
    """Raised when a place can't be asked. The message says why; `field` names what is at fault: host or password."""

    def __init__(self, words: str, field: str = "host") -> None:
        super().__init__(words)
        self.field: Final = field


def addresses_in(text: str) -> list[Address] | None:
    """The addresses that `text` means: one, a network such as 192.168.1.0/24, or a span such as 192.168.1.10-40. None
    if it is a name.

    Raises:
        PlaceError: it is none of these, or has an address that may not be asked.
    """
    text = text.strip()
    if span := _SPAN.fullmatch(text):
        return _span(span[1], int(span[2]), int(span[3]))
    if "/" in text:
        return _network(text)
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        if _NAME.fullmatch(text):
            return None
        raise PlaceError(texts.NO_PLACE) from None
    refuse_foreign(address)
    return [address]


def without_zone(host: str) -> str:
    """An address as other hosts know it, for whom the name of our interface means nothing."""
    return host.partition("%")[0]


def is_same_host(one: str, other: str) -> bool:
    """Whether two names or IP addresses are the same, however they are written."""
    try:
        return ipaddress.ip_address(without_zone(one)) == ipaddress.ip_address(without_zone(other))
    except ValueError:
        return one.lower() == other.lower()


def is_own(address: Address) -> bool:
    """Whether it is on a network of one's own, so that asking it bothers no stranger."""
    return any(address in network for network in _OWN_NETWORKS) and not is_metadata_service(str(address))


def refuse_foreign(address: Address) -> None:
    """For one address, that the person named: this computer, too, because go2rtc and other servers run there.

    Raises:
        PlaceError: it may not be asked.
    """
    if is_metadata_service(str(address)):
        raise PlaceError(texts.METADATA)
    mapped = getattr(address, "ipv4_mapped", None) or address
    if not (is_own(mapped) or mapped.is_loopback):
        raise PlaceError(texts.FOREIGN.format(address))
    zone = getattr(address, "scope_id", None)
    if zone is None and address.version == _IPV6 and address.is_link_local:
        raise PlaceError(texts.NO_ZONE.format(address))
    if zone is not None and not _ZONE.fullmatch(zone):
        raise PlaceError(texts.NO_PLACE)


def _network(text: str) -> list[Address]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise PlaceError(texts.NO_PLACE) from None
    if network.num_addresses > MOST_ADDRESSES:
        raise PlaceError(texts.TOO_MANY)
    return _all_own(list(network.hosts()))


def _span(start: str, first: int, last: int) -> list[Address]:
    try:
        span = [ipaddress.ip_address(f"{start}{number}") for number in range(first, min(last, MOST_ADDRESSES) + 1)]
    except ValueError:
        raise PlaceError(texts.NO_PLACE) from None
    if not span:
        raise PlaceError(texts.NO_PLACE)
    return _all_own(list(span))


def _all_own(addresses: list[Address]) -> list[Address]:
    for address in (addresses[0], addresses[-1]):
        if not is_own(address) and not is_metadata_service(str(address)):
            raise PlaceError(texts.FOREIGN.format(address))
    return [address for address in addresses if is_own(address)]
