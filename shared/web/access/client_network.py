"""The network that stands for a client where a limit holds per client. Pure."""

from ipaddress import IPv6Address, ip_address, ip_network


def client_network(address: str) -> str:
    """The /64 network of an IPv6 client, because one host can use any of its 2⁶⁴ addresses; anything else unchanged."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
