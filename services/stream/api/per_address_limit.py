"""Limits what each address has at once: viewers, or requests to the archive. On the loop.

An IPv6 client counts by its /64 network, because one host can use any address in it.
"""

from collections import Counter
from ipaddress import ip_address

from shared.access.client_network import client_network


class PerAddressLimit:
    """At most `max_per_address` at once. Programs on this machine, proxies among them, are not limited."""

    def __init__(self, max_per_address: int) -> None:
        self.max_per_address = max_per_address
        self._counts: Counter[str] = Counter()

    def has_room(self, address: str) -> bool:
        return self._counts[client_network(address)] < self.max_per_address or _is_this_machine(address)

    def add(self, address: str) -> None:
        self._counts[client_network(address)] += 1

    def remove(self, address: str) -> None:
        network = client_network(address)
        self._counts[network] -= 1
        if self._counts[network] <= 0:
            del self._counts[network]


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True
