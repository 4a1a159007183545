"""The network that stands for a client where a limit holds per client."""

import pytest

from shared.access.client_network import client_network, client_networks


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.168.1.20", "192.168.1.20"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.168.1.20", "192.168.1.20"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_an_ipv6_client_counts_by_its_network_and_others_by_their_address(address: str, network: str) -> None:
    """One IPv6 host may use any address of its network, so a limit per address would not hold it."""
    assert client_network(address) == network


def test_a_wider_network_stands_behind_an_ipv6_client_alone() -> None:
    """Providers give a /48 or less to one customer."""
    assert client_networks("2001:db8:1:2::3") == ("2001:db8:1:2::/64", "2001:db8:1::/48")
    assert client_networks("192.168.1.20") == ("192.168.1.20",)
    assert client_networks("") == ("",)
