"""Where a request comes from. Only trusted proxies are believed."""

import pytest
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
        (None, "10.0.0.1", ""),
    ],
)
def test_the_sender_is_the_nearest_that_is_no_proxy_of_ours(peer: str | None, forwarded: str, sender: str) -> None:
    """Limits and log lines use this address."""
    proxies = TrustedProxies(web_settings(trusted_proxies=PROXIES).trusted_proxies)
    assert proxies.sender_of(scope(peer, x_forwarded_for=forwarded)).address == sender


def test_https_is_believed_of_a_trusted_proxy_alone() -> None:
    """A cookie marked Secure over plain HTTP would never come back."""
    proxies = TrustedProxies(web_settings(trusted_proxies=PROXIES).trusted_proxies)
    assert proxies.sender_of(scope("127.0.0.1", x_forwarded_proto="https")) == Sender("127.0.0.1", is_https=True)
    assert proxies.sender_of(scope("10.0.0.1", x_forwarded_proto="https")) == Sender("10.0.0.1", is_https=False)
    assert proxies.sender_of(scope("10.0.0.1", scheme="https")).is_https


def test_without_trusted_proxies_the_peer_is_the_sender() -> None:
    """Also when the peer is this machine itself."""
    assert TrustedProxies(()).sender_of(scope("127.0.0.1", x_forwarded_for="10.0.0.1")).address == "127.0.0.1"
