"""CURVE keys on the bus: they are set on sockets here, and clients are authorized. Files of keys are `keys.py`'s.

By itself libzmq accepts every client that knows the server's public key. So an authenticator answers its ZAP requests
(RFC 27), and a socket without an authenticator accepts nobody (`ZAP_ENFORCE_DOMAIN`).
"""

import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import zmq
from zmq.utils import z85

from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

OVERHEAD_BYTES: Final = 256
"""The room for keys in the maximum message size of a server's socket: a handshake's message has about 300 bytes."""
_ZAP_ADDRESS: Final = "inproc://zeromq.zap.01"
_ZAP_VERSION: Final = b"1.0"
_DOMAIN: Final = b"bus"
_WRONG_SERVER: Final = "it was encrypted for another server's key"
_NO_KEYS: Final = "it came without keys, or left before it had shown them"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuthorizedKeys:
    """The clients' names by public key (40 characters, Z85). `faults` are sentences about keys that can't be read."""

    names: Mapping[bytes, str]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The keys of a subscriber: the server's public key and its own secret key."""

    server_key: bytes
    secret_key: bytes = field(repr=False)

    def apply(self, socket: "zmq.Socket[bytes]") -> None:
        """Set the keys on `socket`, before it connects."""
        socket.set(zmq.CURVE_SERVERKEY, self.server_key)
        socket.set(zmq.CURVE_SECRETKEY, self.secret_key)
        socket.set(zmq.CURVE_PUBLICKEY, public_key(self.secret_key))


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The keys of ingest: its own secret key, and the clients' public ones.

    `read_authorized` is called at each handshake, on the authenticator's thread, so an added key works at once.
    """

    secret_key: bytes = field(repr=False)
    read_authorized: Callable[[], AuthorizedKeys] = field(repr=False)

    def as_client(self) -> ClientKeys:
        """The keys of a client with the server's own secret, which is authorized too: for ingest's health check."""
        return ClientKeys(public_key(self.secret_key), self.secret_key)

    def apply(self, socket: "zmq.Socket[bytes]") -> None:
        """Set the keys on `socket`, before it binds."""
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.CURVE_SECRETKEY, self.secret_key)
        socket.set(zmq.ZAP_DOMAIN, _DOMAIN)
        socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)


def new_secret_key() -> bytes:
    """A new secret key: 40 characters, Z85."""
    return zmq.curve_keypair()[1]


def public_key(secret_key: bytes) -> bytes:
    """The public key of a secret key: 40 characters, Z85.

    Raises:
        ValueError: it is no key.
    """
    try:
        return zmq.curve_public(secret_key)
    except zmq.ZMQError:
        raise ValueError("no key") from None


class ZapAuthenticator:
    """Accepts clients with an authorized key. It logs the others at most once a second, with their number.

    There is one per context. From `start` until the context is terminated it runs on a thread of its own. It decides
    about a client only when that connects.
    """

    def __init__(
        self, context: "zmq.Context[zmq.Socket[bytes]]", guarded: "zmq.Socket[bytes]", keys: ServerKeys
    ) -> None:
        keys.apply(guarded)
        self._keys = keys
        self._own_key = public_key(keys.secret_key)
        self._refused = ThrottledLog("bus connection", event="refused")
        self._requests = context.socket(zmq.REP)
        self._requests.bind(_ZAP_ADDRESS)
        # A client without keys, or with another server's, makes no ZAP request: only the monitor shows it.
        self._failures = guarded.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        )
        self._thread = threading.Thread(target=self._run, name="zap-authenticator", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread's end, once the context is being terminated."""
        self._thread.join()

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._requests, zmq.POLLIN)
        poller.register(self._failures, zmq.POLLIN)
        try:
            with suppress(zmq.ContextTerminated):
                while True:
                    for socket, _ in poller.poll():
                        if socket is self._requests:
                            self._answer(self._requests.recv_multipart())
                        else:
                            self._count(self._failures.recv_multipart()[0])
        finally:
            # Also after an error: an open socket would block the context's termination.
            self._requests.close(linger=0)
            self._failures.close(linger=0)

    def _count(self, event: bytes) -> None:
        """Count a refused client by an event of the monitor: a 16-bit number and a 32-bit value."""
        # Without keys, chance decides which side ends the handshake, and so which event is seen. A wrong server key
        # always has this value.
        _, value = struct.unpack("<HI", event)
        self._refused.count(_WRONG_SERVER if value == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC else _NO_KEYS)

    def _answer(self, request: list[bytes]) -> None:
        """Answer a ZAP request: version, request id, domain, address, identity, mechanism, credentials."""
        _, request_id, _, address, _, _, key = request
        name = self._name_of(z85.encode(key), address.decode())
        status = b"400" if name is None else b"200"
        user = b"" if name is None else name.encode()
        self._requests.send_multipart([_ZAP_VERSION, request_id, status, b"", user, b""])

    def _name_of(self, key: bytes, address: str) -> str | None:
        if key == self._own_key:
            return "server"
        authorized = self._keys.read_authorized()
        name = authorized.names.get(key)
        if name is None:
            self._refused.count("; ".join((f"the key shown from {address} is not authorized", *authorized.faults)))
        else:
            log.info("bus client let in", client=name, address=address)
        return name
