"""The network that stands for a client where a limit holds per client."""

import pytest

from shared.web.access.client_network import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.20", "192.168.1.20"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_an_ipv6_client_counts_by_its_network_and_others_by_their_address(address: str, network: str) -> None:
    """One IPv6 host may use any address of its network, so a limit per address would not hold it."""
    assert client_network(address) == network
