"""How many viewers each address (of IPv6: each /64) has: one household must not fill a replica. On the loop."""

from collections import Counter
from ipaddress import ip_address

from shared.web.access.client_network import client_network


class Crowd:
    """At most `max_per_address` at once. This machine's own programs, proxies among them, are not limited."""

    def __init__(self, max_per_address: int) -> None:
        self._max_per_address = max_per_address
        self._counts: Counter[str] = Counter()

    def has_room(self, address: str) -> bool:
        return self._counts[client_network(address)] < self._max_per_address or _is_this_machine(address)

    def enter(self, address: str) -> None:
        self._counts[client_network(address)] += 1

    def leave(self, address: str) -> None:
        home = client_network(address)
        self._counts[home] -= 1
        if self._counts[home] <= 0:
            del self._counts[home]


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True
