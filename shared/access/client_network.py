"""The networks that stand for a client where a limit holds per client. Pure."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

SITE_PREFIX: Final = 48
"""The largest network that a provider usually gives to one customer: 65,536 networks of /64."""


def parsed_address(address: str) -> IPv4Address | IPv6Address | None:
    """The address, or None where there is none. An IPv6 socket shows an IPv4 client as ::ffff:a.b.c.d: it becomes IPv4
    again. A zone (`%eth0`) is dropped, because it names an interface and the client can write any.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def client_network(address: str) -> str:
    """The /64 network of an IPv6 client, because one host can use any of its 2⁶⁴ addresses; the address of an IPv4
    client; anything else unchanged.
    """
    return client_networks(address)[0]


def client_networks(address: str) -> tuple[str, ...]:
    """`client_network`, and behind it the /48 of an IPv6 client, for limits that a customer's 65,536 networks must not
    pass.
    """
    match parsed_address(address):
        case IPv6Address() as parsed:
            return tuple(str(ip_network((int(parsed), prefix), strict=False)) for prefix in (64, SITE_PREFIX))
        case None:
            return (address,)
        case parsed:
            return (str(parsed),)
