"""The addresses of clouds' metadata services, which hand out keys to whoever asks from within. No camera is there.

Pure: no name is looked up here.
"""

import ipaddress
from typing import Final

_NAMES: Final = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
_ADDRESSES: Final = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *("169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192"),
        *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"),
    )
)


def is_metadata_service(host: str) -> bool:
    """Whether `host`, a name or an IP address, is known as one. Nothing is looked up."""
    host = host.rstrip(".").lower()
    if host in _NAMES:
        return True
    try:
        return _plain(host) in _ADDRESSES
    except ValueError:
        return False


def _plain(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Also of an IPv4 address in the form of an IPv6 one."""
    address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
