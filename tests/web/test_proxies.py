"""Where a request comes from. Only trusted proxies are believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from shared.web.access.proxies import Sender, TrustedProxies
from tests.web.support import web_settings

PROXIES = "127.0.0.1,172.18.0.0/16,::1"


def scope(peer: str | None, *, scheme: str = "http", **headers: str) -> Scope:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": scheme, "client": peer and (peer, 1), "headers": raw}


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("10.9.9.9", "10.0.0.1", "10.9.9.9"),  # anybody may write the header
        ("127.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "1.1.1.1, 10.0.0.1", "10.0.0.1"),  # the client's own words come first
        ("172.18.0.3", "10.0.0.1, 172.18.0.9", "10.0.0.1"),  # two proxies of ours
        ("172.18.0.3", "172.18.0.1", "172.18.0.1"),  # Docker's own address for this host
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:127.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "10.0.0.1, unknown", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.1:5678", "10.0.0.1"),
        ("127.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
        ("127.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("127.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("127.0.0.1", "::ffff:10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "10.0.0.1, , ", "127.0.0.1"),
        ("127.0.0.1", "[]:80", "127.0.0.1"),
        ("127.0.0.1", "172.18.7.7, 172.18.0.1", "172.18.0.1"),  # a client in the proxies' network invents the first
        (None, "10.0.0.1", ""),
    ],
)
def test_the_sender_is_the_nearest_that_is_no_proxy_of_ours(peer: str | None, forwarded: str, sender: str) -> None:
    """Limits and log lines use this address."""
    proxies = TrustedProxies(web_settings(trusted_proxies=PROXIES).trusted_proxies)
    assert proxies.sender_of(scope(peer, x_forwarded_for=forwarded)).address == sender


@pytest.mark.parametrize("trusted", ["10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", "0.0.0.0/0,::/0", "fc00::/7,::1"])
@pytest.mark.parametrize("invention", ["203.0.113.9", "192.168.1.51", "2001:db8::9", "fd00::9"])
def test_where_a_whole_private_network_is_trusted_only_the_nearest_proxys_word_counts(
    trusted: str, invention: str
) -> None:
    """A client of that network counts as itself, whatever it writes before the address that the proxy adds."""
    proxies = TrustedProxies(web_settings(trusted_proxies=f"{trusted},127.0.0.1").trusted_proxies)
    for client in ("192.168.1.50", "fd00::50", "198.51.100.7"):
        sender = proxies.sender_of(scope("127.0.0.1", x_forwarded_for=f"{invention}, {client}"))
        assert sender.address == client


def test_https_is_believed_of_a_trusted_proxy_alone() -> None:
    """A cookie marked Secure over plain HTTP would never come back."""
    proxies = TrustedProxies(web_settings(trusted_proxies=PROXIES).trusted_proxies)
    assert proxies.sender_of(scope("127.0.0.1", x_forwarded_proto="https")) == Sender("127.0.0.1", is_https=True)
    assert proxies.sender_of(scope("10.0.0.1", x_forwarded_proto="https")) == Sender("10.0.0.1", is_https=False)
    assert proxies.sender_of(scope("10.0.0.1", scheme="https")).is_https


def test_without_trusted_proxies_the_peer_is_the_sender() -> None:
    """Also when the peer is this machine itself."""
    assert TrustedProxies(()).sender_of(scope("127.0.0.1", x_forwarded_for="10.0.0.1")).address == "127.0.0.1"


TRUSTED = TrustedProxies(web_settings(trusted_proxies=PROXIES).trusted_proxies)
Words = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30)


@given(Words, st.ip_addresses(), st.ip_addresses(network="172.18.0.0/16"))
def test_whatever_a_client_writes_changes_nothing_of_its_address(said: str, client: object, proxy: object) -> None:
    """The nearest proxy adds the client's address behind it. Else wrong passwords would count for another one."""

    def sender(forwarded: str) -> Sender:
        headers = [(b"x-forwarded-for", forwarded.encode("latin-1"))]
        return TRUSTED.sender_of({"type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": headers})

    alone = sender(f"{client}, {proxy}")
    assert sender(f"{said}, {client}, {proxy}") == alone or alone.address == str(proxy)
    assert sender(f"{said}, {client}").address in (sender(str(client)).address, str(client))
