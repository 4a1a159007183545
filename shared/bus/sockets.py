"""The options that every ZeroMQ socket of the bus has. Owns why they are so.

Two facts shape them: a heartbeat on a SUB with a finite high-water mark aborts the process when the application stalls,
so only the XPUB has one; and a high-water mark does not bound age, so it is small, as are the kernel's buffers.
"""

from typing import Final

import zmq

from shared.bus.curve import OVERHEAD_BYTES
from shared.bus.topics import MAX_TOPIC_BYTES
from shared.errors import ConfigurationError

HIGH_WATER_MARK: Final = 8
"""A camera's frame at every size and its status, sent in one go, and a little more."""
KERNEL_BUFFER_BYTES: Final = 256 * 1024
_READABLE: Final = int(zmq.POLLIN)
"""A plain number: the flag's own `&` takes longer than the question to the socket."""


def publishing_socket(context: "zmq.Context[zmq.Socket[bytes]]", *, has_keys: bool = False) -> "zmq.Socket[bytes]":
    socket = context.socket(zmq.XPUB)
    # Subscriptions come unbounded by any high-water mark; none of ours is longer than this.
    socket.set(zmq.MAXMSGSIZE, MAX_TOPIC_BYTES + (OVERHEAD_BYTES if has_keys else 0))
    socket.set(zmq.SNDHWM, HIGH_WATER_MARK)
    socket.set(zmq.SNDBUF, KERNEL_BUFFER_BYTES)
    socket.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
    socket.set(zmq.HEARTBEAT_IVL, 1000)
    socket.set(zmq.HEARTBEAT_TIMEOUT, 2500)
    return socket


def bind_socket(socket: "zmq.Socket[bytes]", address: str, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        reason = zmq.strerror(error.errno or 0)
        raise ConfigurationError(
            f"BUS_BIND is '{address}' but must be an address that can be bound here: {reason}."
        ) from None


def has_event(socket: "zmq.Socket[bytes]") -> bool:
    """Whether something can be read. Cheaper than to try and fail: an exception costs twice as much as the question."""
    return bool(socket.get(zmq.EVENTS) & _READABLE)  # type: ignore[operator] # pyzmq says int or bytes
