"""The listening socket for the address of BUS_BIND or BUS_CONTROL, with the kernel's options for each connection."""

import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.bus.buffers import KERNEL_BUFFER_BYTES
from shared.errors import ConfigurationError

SUBSCRIPTIONS_BUFFER_BYTES: Final = 8 * 1024
"""The kernel holds back a peer that sends more than we have read."""
DEAD_MILLISECONDS: Final = 3000
"""A connection ends when its peer acknowledged nothing for as long, or had no room."""
BACKLOG: Final = 128
_SIOCGIFADDR: Final = 0x8915


def listening_socket(address: str, setting: str = "BUS_BIND") -> socket.socket:
    """A socket that listens at `tcp://HOST:PORT` or `ipc://PATH`. HOST may be `*` or an interface, as in libzmq. Errors
    name the `setting` that the address is from.

    Raises:
        ConfigurationError: the address can't be bound.
    """
    scheme, _, rest = address.partition("://")
    listener = socket.socket(socket.AF_UNIX if scheme == "ipc" else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if scheme == "ipc":
            with suppress(OSError):
                Path(rest).unlink()
            listener.bind(rest)
        else:
            _set_tcp_options(listener)
            host, _, port = rest.rpartition(":")
            listener.bind((_ipv4_address(host), int(port)))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SUBSCRIPTIONS_BUFFER_BYTES)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        reason = error.strerror if error.errno is None or error.errno < 0 else os.strerror(error.errno)
        raise ConfigurationError(
            f"{setting} is '{address}' but must be an address that can be bound here: {reason}."
        ) from None
    return listener


def _set_tcp_options(listener: socket.socket) -> None:
    """Accepted connections inherit them. Statuses flow each second, so a dead peer shows by what it never acknowledges;
    keep-alive finds one that subscribes to nothing.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MILLISECONDS)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def _ipv4_address(host: str) -> str:
    if host == "*":
        return "0.0.0.0"  # noqa: S104 the user wrote it
    if host in {name for _, name in socket.if_nameindex()}:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            answer = fcntl.ioctl(any_socket, _SIOCGIFADDR, struct.pack("256s", host.encode()[:15]))
        return socket.inet_ntoa(answer[20:24])
    return socket.gethostbyname(host)
