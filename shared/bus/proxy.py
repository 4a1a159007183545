"""The proxy that joins many publishers, one per camera, behind the one address that subscribers connect to."""

import threading
from contextlib import suppress

import zmq

from shared.bus.curve import ServerKeys, ZapAuthenticator
from shared.bus.sockets import HIGH_WATER_MARK, bind_socket, publishing_socket


class BusProxy:
    """libzmq's own proxy on a thread of its own: subscribers connect to `outer_address`, publishers to `inner_address`.

    A publisher sees the first subscription to a topic and the end of the last one, over all subscribers. With
    `keys`, only clients whose key is authorized may connect to the outer address; the inner one never has keys.

    Raises:
        ConfigurationError: the outer address can't be bound.
    """

    def __init__(self, outer_address: str, inner_address: str, keys: ServerKeys | None = None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._outer = publishing_socket(self._context, has_keys=keys is not None)
        self._authenticator = None if keys is None else ZapAuthenticator(self._context, self._outer, keys)
        self._inner = self._context.socket(zmq.XSUB)
        self._inner.set(zmq.RCVHWM, HIGH_WATER_MARK)
        self._inner.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
        self._inner.bind(inner_address)
        bind_socket(self._outer, outer_address, self._context)
        if self._authenticator is not None:
            self._authenticator.start()
        self._thread = threading.Thread(target=self._run, name="bus-proxy", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(zmq.ContextTerminated):
            zmq.proxy(self._outer, self._inner)
        self._outer.close(linger=0)
        self._inner.close(linger=0)

    def close(self) -> None:
        """Stop the proxy; returns when its threads have ended."""
        # Terminating the context ends the threads' waiting; `term` returns when they have closed their sockets.
        self._context.term()
        self._thread.join()
        if self._authenticator is not None:
            self._authenticator.join()
