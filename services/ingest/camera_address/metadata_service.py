"""The addresses of clouds' metadata services, which hand out keys to whoever asks from within. No camera is there.

Pure: no name is looked up here.
"""

import ipaddress
from typing import Final

_NAMES: Final = frozenset(
    {
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com"),
        *("instance-data", "instance-data.ec2.internal"),
    }
)
_ADDRESSES: Final = frozenset(
    ipaddress.ip_address(text)
    for text in (
        *(
            "169.254.169.254",
            "169.254.0.23",
            "169.254.170.2",
            "169.254.170.23",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
        ),
        *("fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"),
    )
)
_IPV4_WITHIN: Final = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96")))
"""IPv6 addresses that end with an IPv4 one, which is reached by them: the last by NAT64."""


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
    if any(address in network for network in _IPV4_WITHIN):
        return ipaddress.IPv4Address(int(address) % 2**32)
    return address
