"""Whether an address belongs to another computer, whose clock may be a witness for ours. Asking may block."""

import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Final

_FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC
"""The kernel's number of the one that is no container's (`PROC_PID_INIT_INO` in its proc_ns.h)."""
_UP_WITH_GATEWAY: Final = 0x3
"""Flags of a route: it is up, and goes by a gateway (`RTF_UP`, `RTF_GATEWAY`)."""


def is_another_computer(host: str) -> bool:
    """Whether the host is certainly not this computer, nor a container beside this one.

    A name without a dot is one of a stack of containers, or of this computer. All of them have one kernel, and so one
    clock. An address that can't be resolved belongs to nobody.
    """
    name = host.rstrip(".").lower()
    if not name or not {".", ":"} & set(name) or name.endswith((".localhost", ".docker.internal")):
        return False
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)}
    except (OSError, UnicodeError):
        return False
    return bool(found) and not any(_is_ours(str(address)) for address in found)


def is_in_container(root: Path = Path("/")) -> bool:
    """Whether this process may see less of the network than the computer has: not the computer's own addresses, say."""
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return True
    try:
        return (root / "proc/self/ns/pid").stat().st_ino != _FIRST_PID_NAMESPACE
    except OSError:  # elsewhere than on Linux
        return False


def is_client_elsewhere(address: str, root: Path = Path("/")) -> bool:
    """Whether a client with this IP address is on another computer. In a container, one on the computer itself comes
    from the gateway's address.
    """
    if not is_another_computer(address):
        return False
    return not (is_in_container(root) and address in _gateways(root))


def _gateways(root: Path) -> set[str]:
    """The IPv4 gateways, by the kernel's table of routes: numbers in hexadecimal, as they lie in memory."""
    try:
        _, *lines = (root / "proc/net/route").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return set()
    routes = [line.split() for line in lines]
    return {
        socket.inet_ntoa(int(route[2], 16).to_bytes(4, "little"))
        for route in routes
        if int(route[3], 16) & _UP_WITH_GATEWAY == _UP_WITH_GATEWAY
    }


def _is_ours(address: str) -> bool:
    """Only one of this computer's own addresses can be bound to."""
    ip = ip_address(address.partition("%")[0])
    if ip.is_loopback or ip.is_unspecified:
        return True
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6  # noqa: PLR2004 the protocol's number
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
