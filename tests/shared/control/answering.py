"""A running way back for tests, with a handler that each test can see and hold up."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from pydantic import JsonValue

from shared.bus.curve import ClientKeys, ServerKeys, public_key
from shared.control.messages import ControlAnswer, ControlRefusedError, ControlRequest, done, encode_request
from shared.control.server import ControlServer
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

ANSWER_MILLISECONDS = 10_000 * PATIENCE


class Handler:
    """Does what a request's `do` says: `wait` waits for `release`, `refuse` and `fail` raise, others are echoed."""

    def __init__(self) -> None:
        self.done: list[ControlRequest] = []
        self.release = threading.Event()
        self.refuses = False
        """Whether everything is refused."""

    def __call__(self, request: ControlRequest, is_local: bool) -> ControlAnswer:
        self.done.append(request)
        match "refuse" if self.refuses else request.do:
            case "wait":
                self.release.wait(60)
            case "refuse":
                raise ControlRefusedError("wrong", "That is not the password.", 3)
            case "fail":
                raise ZeroDivisionError
            case "large":
                return done(request, {"text": "x" * 500_000})
        result: dict[str, JsonValue] = {"did": request.do, "is_local": is_local}
        return done(request, result)


class Answering:
    """The server, its address and its handler."""

    def __init__(self, address: str, server: ControlServer, handler: Handler) -> None:
        self.address = address
        self.server = server
        self.handler = handler


@contextmanager
def answering(
    address: str | None = None, socket_file: Path | None = None, keys: ServerKeys | None = None
) -> Iterator[Answering]:
    address = address or f"tcp://127.0.0.1:{free_port()}"
    handler = Handler()
    server = ControlServer(address, socket_file, handler, keys)
    try:
        yield Answering(address, server, handler)
    finally:
        server.close()
        handler.release.set()


class ZeroMqClient:
    """libzmq's REQ or DEALER: what a program of a user's has."""

    def __init__(self, address: str, kind: int = zmq.DEALER, keys: ClientKeys | None = None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self._context.socket(kind)
        if keys is not None:
            self.socket.set(zmq.CURVE_SERVERKEY, keys.server_key)
            self.socket.set(zmq.CURVE_SECRETKEY, keys.secret_key)
            self.socket.set(zmq.CURVE_PUBLICKEY, public_key(keys.secret_key))
        self.socket.connect(address)

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    def receive(self) -> bytes:
        assert self.socket.poll(ANSWER_MILLISECONDS), "no answer"
        return self.socket.recv_multipart()[-1]

    def close(self) -> None:
        self._context.destroy(linger=0)


def request(do: str = "state", number: int = 1, **members: Any) -> bytes:
    """A request's bytes; its id is made of `number`."""
    return encode_request(ControlRequest(id=request_id(number), do=do, **members))


def request_id(number: int) -> str:
    return f"request-{number:016}"


def why(answer: Mapping[str, Any]) -> str | None:
    refusal = answer["refusal"]
    return None if refusal is None else str(refusal["why"])
