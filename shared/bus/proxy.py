"""The proxy that joins many publishers, one per camera, behind the one address that subscribers connect to."""

import sys
import threading
from contextlib import suppress
from typing import Final

import zmq

from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.curve import ServerKeys
from shared.bus.demand_pacer import DemandPacer
from shared.bus.frames import MAX_JPEG_BYTES
from shared.bus.publishing_rights import PublishingRights
from shared.bus.subscriber_server import SubscriberServer
from shared.bus.zmtp import Buffer
from shared.throttled_log import ThrottledLog

MESSAGES_PER_TURN: Final = 64
"""Passed on before the subscribers have their turn."""
WAIT_SECONDS: Final = 1.0
KERNEL_TELLS_PROCESSES: Final = sys.platform == "linux"
"""Elsewhere libzmq does not learn which process a message is from, and a worker that was taken over is believed."""
# A plain integer: pyzmq's flag takes longer than the call that it is for.
_NOBLOCK: Final = int(zmq.NOBLOCK)


class BusProxy:
    """Subscribers connect to `outer_address`, publishers to `inner_address`. It runs on a thread of its own.

    A publisher sees the first subscription to a topic and the end of the last one, over all subscribers. A subscriber
    beyond a limit loses its connection. With `keys`, only clients whose key is authorized may connect to the outer
    address. The inner one, an `ipc://` address, has no keys: a publisher's messages are passed on as far as its process
    has the `rights`, and the others are dropped.

    Raises:
        ConfigurationError: the outer address can't be bound.
    """

    def __init__(self, outer_address: str, inner_address: str, keys: ServerKeys | None = None) -> None:
        self.rights: Final = PublishingRights()
        self._foreign = ThrottledLog("bus message", event="dropped")
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._inner = self._context.socket(zmq.XSUB)
        self._inner.set(zmq.RCVHWM, HIGH_WATER_MARK)
        # Of each part: a camera may have taken its process over.
        self._inner.set(zmq.MAXMSGSIZE, MAX_JPEG_BYTES)
        # A subscription beyond such a mark would be lost, and nobody would repeat it.
        self._inner.set(zmq.SNDHWM, 0)
        self._inner.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
        self._inner.bind(inner_address)
        self._pacer = DemandPacer(self._pass_demand)
        try:
            self._outer = SubscriberServer(outer_address, self._pacer.change, keys)
        except BaseException:
            self._context.destroy(linger=0)
            raise
        self._outer.watch(self._inner.fileno())
        self._thread = threading.Thread(target=self._run, name="bus-proxy", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many messages were not their publisher's to send."""
        return self._foreign.total

    def _run(self) -> None:
        try:
            with suppress(zmq.ContextTerminated):
                while True:
                    wait_seconds = min(self._pacer.pass_due(), WAIT_SECONDS)
                    self._outer.turn(0 if self._pass_messages() else wait_seconds)
        finally:  # else the end of the context would wait for them
            self._outer.close()
            self._inner.close(linger=0)

    def _pass_messages(self) -> bool:
        """Pass publishers' messages on; whether there may be more."""
        receive = self._inner.recv
        for _ in range(MESSAGES_PER_TURN):
            parts: list[Buffer] = []
            try:
                part = receive(_NOBLOCK, copy=False)
            except zmq.Again:
                return False
            first = part
            while part.more:
                parts.append(part.buffer)
                part = receive(copy=False)
            parts.append(part.buffer)
            if self._is_allowed(first, bytes(parts[0])):
                self._outer.send(parts)
        return True

    def _is_allowed(self, first: zmq.Frame, topic: bytes) -> bool:
        """Whether the publisher of the message with this first part may send it. Only then it is not counted."""
        if not KERNEL_TELLS_PROCESSES:
            return True
        sender = _process_of(first)
        if self.rights.allow(sender, topic):
            return True
        if not self.rights.has_ended(sender):
            self._foreign.count(f"process {sender} may not publish it")
        return False

    def _pass_demand(self, topic: bytes, is_wanted: bool) -> None:
        self._inner.send((b"\x01" if is_wanted else b"\x00") + topic)

    def close(self) -> None:
        """Stop the proxy; returns when its thread has ended."""
        # Terminating the context ends the thread's waiting; `term` returns when it has closed its sockets.
        self._context.term()
        self._thread.join()


def _process_of(part: zmq.Frame) -> str:
    """The number of the process that made the connection on which the part came. libzmq asks the kernel for it."""
    return str(part.get("Peer-Address")).rpartition(":")[2]
