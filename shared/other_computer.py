"""Whether an address belongs to another computer, whose clock may be a witness for ours. Asking may block."""

import socket
from ipaddress import ip_address


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
