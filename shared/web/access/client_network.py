"""What counts as one address, where somebody is limited by his: the network of an IPv6 host, who may take any in it."""

from ipaddress import IPv6Address, ip_address, ip_network


def client_network(address: str) -> str:
    """An IPv6 host has 2⁶⁴ addresses to come from, which count as one. Anything else is by itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
