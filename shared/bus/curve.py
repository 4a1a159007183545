"""Keys on the bus: what makes a socket demand or show them, and who decides about whoever comes. Knows no files.

libzmq by itself lets in whoever knows the server's public key, so a gatekeeper answers its ZAP requests; and a socket
that finds no gatekeeper lets nobody in (`ZAP_ENFORCE_DOMAIN`).
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
"""What keys add to the longest message that a server's socket must take: a handshake's is about 300 bytes long."""
_ZAP_ADDRESS: Final = "inproc://zeromq.zap.01"
_ZAP_VERSION: Final = b"1.0"
_DOMAIN: Final = b"bus"
_WRONG_SERVER: Final = "it was encrypted for another server's key"
_NO_KEYS: Final = "it came without keys, or left before it had shown them"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Authorized:
    """Names by public key, and in words what of them could not be read."""

    names: Mapping[bytes, str]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What one who listens has: the server's public key and its own secret one."""

    server_key: bytes
    secret_key: bytes = field(repr=False)

    def apply(self, socket: "zmq.Socket[bytes]") -> None:
        """Before it connects."""
        socket.set(zmq.CURVE_SERVERKEY, self.server_key)
        socket.set(zmq.CURVE_SECRETKEY, self.secret_key)
        socket.set(zmq.CURVE_PUBLICKEY, public_key(self.secret_key))


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """What ingest has: its own secret key, and how to learn who may listen. `read_authorized` is asked at each
    handshake, on the gatekeeper's thread, so a key that is added counts at once.
    """

    secret_key: bytes = field(repr=False)
    read_authorized: Callable[[], Authorized] = field(repr=False)

    def as_client(self) -> ClientKeys:
        """The server's secret is let in too: whoever has it needs no other key to look at its own bus."""
        return ClientKeys(public_key(self.secret_key), self.secret_key)

    def apply(self, socket: "zmq.Socket[bytes]") -> None:
        """Before it binds."""
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.CURVE_SECRETKEY, self.secret_key)
        socket.set(zmq.ZAP_DOMAIN, _DOMAIN)
        socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)


def new_secret_key() -> bytes:
    """40 characters (Z85)."""
    return zmq.curve_keypair()[1]


def public_key(secret_key: bytes) -> bytes:
    """The public key of a secret one, 40 characters too.

    Raises:
        ValueError: when it is no key.
    """
    try:
        return zmq.curve_public(secret_key)
    except zmq.ZMQError:
        raise ValueError("no key") from None


class ZapAuthenticator:
    """Lets those in who are authorized, and says at most once a second that others were refused, and how many.

    One for each context, on a thread of its own from `start` on, until the context is terminated. A connection that
    stands is not looked at again.
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
        # Who has no keys, or keys for another server, never gets as far as a request.
        self._failures = guarded.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
        )
        self._thread = threading.Thread(target=self._run, name="gatekeeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Once the context is being terminated."""
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
            # Whatever ended it: an open socket would keep the context from ending.
            self._requests.close(linger=0)
            self._failures.close(linger=0)

    def _count(self, event: bytes) -> None:
        """An event of the monitor: its number and a value."""
        # Which side ends it is chance where one has no keys, so it shows as any of several events; not so a wrong key.
        _, value = struct.unpack("<HI", event)
        self._refused.count(_WRONG_SERVER if value == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC else _NO_KEYS)

    def _answer(self, request: list[bytes]) -> None:
        """ZAP: version, request, domain, address, identity, mechanism, credentials."""
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
