"""The options of the bus's ZeroMQ sockets, and the reasons for them.

Two facts of libzmq decide them. With a finite high-water mark for what a socket receives, libzmq may pause reading; a
heartbeat while it does aborts the process when the connection has failed. So only the XPUB socket sends heartbeats, and
it has no such mark. A high-water mark limits the number of queued messages, not their age, so ours is small, and so are
the kernel's buffers.
"""

from typing import Final

import zmq

from shared.bus.buffers import HIGH_WATER_MARK, KERNEL_BUFFER_BYTES
from shared.bus.topics import MAX_TOPIC_BYTES
from shared.errors import ConfigurationError

HANDSHAKE_MILLISECONDS: Final = 5000
"""A connection that says nothing is closed after this long."""
_READABLE: Final = int(zmq.POLLIN)
"""A plain integer: the `&` of pyzmq's flag takes longer than asking the socket."""


def publishing_socket(context: "zmq.Context[zmq.Socket[bytes]]") -> "zmq.Socket[bytes]":
    """An XPUB socket for subscribers, not bound yet."""
    socket = context.socket(zmq.XPUB)
    # No high-water mark limits incoming subscriptions, so their length is limited. None of ours is longer than a topic.
    socket.set(zmq.MAXMSGSIZE, MAX_TOPIC_BYTES)
    socket.set(zmq.SNDHWM, HIGH_WATER_MARK)
    # With a limit here, any peer can abort the process: subscriptions up to it, a PING, and a reset are enough
    # (docs/decisions/0021).
    socket.set(zmq.RCVHWM, 0)
    socket.set(zmq.SNDBUF, KERNEL_BUFFER_BYTES)
    socket.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
    socket.set(zmq.HEARTBEAT_IVL, 1000)
    socket.set(zmq.HEARTBEAT_TIMEOUT, 2500)
    socket.set(zmq.HANDSHAKE_IVL, HANDSHAKE_MILLISECONDS)
    return socket


def bind_socket(socket: "zmq.Socket[bytes]", address: str, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    """Bind `socket` to the address of BUS_BIND.

    Raises:
        ConfigurationError: the address can't be bound; `context` and all its sockets are closed then.
    """
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        reason = zmq.strerror(error.errno or 0)
        raise ConfigurationError(
            f"BUS_BIND is '{address}' but must be an address that can be bound here: {reason}."
        ) from None


def has_event(socket: "zmq.Socket[bytes]") -> bool:
    """Whether a message can be read. Asking costs half as much as reading in vain and catching the exception."""
    return bool(socket.get(zmq.EVENTS) & _READABLE)  # type: ignore[operator] # pyzmq says int or bytes
