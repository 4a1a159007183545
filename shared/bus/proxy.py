"""Many publishers behind the one address that subscribers know."""

import threading
from contextlib import suppress

import zmq

from shared.bus.curve import ServerKeys, ZapAuthenticator
from shared.bus.sockets import HIGH_WATER_MARK, bind_socket, publishing_socket


class BusProxy:
    """Many publishers behind the one address that subscribers know: libzmq's own proxy, on a thread of its own.

    A publisher that connects to `inner_address` sees every subscription once, whoever made it, and its end. With
    `keys` the outer address is for those alone whom they authorize; the inner one is always plain.

    Raises:
        ConfigurationError: when the outer address can't be bound.
    """

    def __init__(self, outer_address: str, inner_address: str, keys: ServerKeys | None = None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._outer = publishing_socket(self._context, has_keys=keys is not None)
        self._gatekeeper = None if keys is None else ZapAuthenticator(self._context, self._outer, keys)
        self._inner = self._context.socket(zmq.XSUB)
        self._inner.set(zmq.RCVHWM, HIGH_WATER_MARK)
        self._inner.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
        self._inner.bind(inner_address)
        bind_socket(self._outer, outer_address, self._context)
        if self._gatekeeper is not None:
            self._gatekeeper.start()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(zmq.ContextTerminated):
            zmq.proxy(self._outer, self._inner)
        self._outer.close(linger=0)
        self._inner.close(linger=0)

    def close(self) -> None:
        # The threads end with their context, and the context when they have closed its sockets.
        self._context.term()
        self._thread.join()
        if self._gatekeeper is not None:
            self._gatekeeper.join()
