"""Whose clock is a witness: not one of this computer, whatever it is called."""

import socket
from pathlib import Path

import pytest

from shared.other_computer import is_another_computer, is_client_elsewhere, is_in_container


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


ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010012AC 0003 0 0 0 00000000 0 0 0
eth0 000012AC 00000000 0001 0 0 0 0000FFFF 0 0 0
"""


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv", None])
def test_in_a_container_a_client_on_the_computer_itself_comes_from_the_gateway(
    tmp_path: Path, mark: str | None
) -> None:
    """A screen beside the camera shows the page: its browser has this computer's clock. Else it is a router."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(ROUTES)
    (tmp_path / "run").mkdir()
    if mark is not None:
        (tmp_path / mark).touch()
    assert is_in_container(tmp_path) is (mark is not None)
    assert is_client_elsewhere("172.18.0.1", tmp_path) is (mark is None)
    assert is_client_elsewhere("172.18.0.7", tmp_path)
    assert not is_client_elsewhere("127.0.0.1", tmp_path)
    assert not is_client_elsewhere("", tmp_path)


def test_where_the_kernel_tells_no_routes_there_are_no_gateways(tmp_path: Path) -> None:
    """As elsewhere than on Linux."""
    (tmp_path / ".dockerenv").touch()
    assert is_client_elsewhere("192.0.2.1", tmp_path)
