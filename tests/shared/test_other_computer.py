"""Whose clock is a witness: not one of this computer, whatever it is called."""

import socket

import pytest

from shared.other_computer import is_another_computer


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "0.0.0.0",  # noqa: S104 nothing is bound
        "postgres",
        "host.docker.internal",
        "a.localhost",
    ],
)
def test_this_computer_and_the_containers_beside_it_are_no_other(host: str) -> None:
    """They have one kernel, and so one clock."""
    assert not is_another_computer(host)


def test_an_address_of_our_own_is_none_and_an_unknown_name_is_none() -> None:
    """Also when it is written as a number that others reach us by."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this computer has no address but loopback")
        own = probe.getsockname()[0]
    assert not is_another_computer(own)
    assert not is_another_computer("no-such-host.invalid")


def test_another_address_is_another_computer() -> None:
    """A number needs no resolver."""
    assert is_another_computer("192.0.2.1")
    assert is_another_computer("2001:db8::1")
