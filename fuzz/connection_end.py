"""A client's connection to our HTTP server without a network: bytes in by hand, and everything that comes out."""

import asyncio
import itertools
import logging
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from uvicorn import Config
from uvicorn.server import ServerState

from shared.web.server import make_server

END_SECONDS: Final = 20.0
THREAD_SECONDS: Final = 0.02
_CALLBACK_TURNS, _MOST_TURNS = 3, 50
_clients: Final = itertools.count(1)


class UnansweredError(AssertionError):
    """Raised when an application goes on although its client has gone. Name it, keep the input."""


class ServerFaultError(AssertionError):
    """Raised when the server logs an error or its loop meets one: a stranger's bytes may cause none."""


class _Socket(socket.socket):
    """Leads nowhere. Its address is the client's own, so that limits per client concern no later one."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        number = next(_clients)
        self._address = f"198.18.{number >> 8 & 255}.{number & 255}"

    def getpeername(self) -> tuple[str, int]:
        return self._address, 40_000


class ClientEnd(asyncio.Transport):
    """A transport whose client reads everything at once. `protocol` is the server's end."""

    def __init__(self) -> None:
        self.socket = _Socket()
        super().__init__({"socket": self.socket})
        self.sent = bytearray()
        self.reads_on = True
        self.protocol: Any = None
        self._is_closing = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = self.protocol
        return protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        for data in list_of_data:
            self.write(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        self.reads_on = False

    def resume_reading(self) -> None:
        self.reads_on = True

    def write_eof(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    def abort(self) -> None:
        self._is_closing = True


class Faults(logging.Handler):
    """What uvicorn and the loop call an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        formatter = logging.Formatter()
        self.words.append(formatter.format(record))

    def take(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.words.append(f"{context.get('message')}: {error!r}")

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear all that uvicorn says meanwhile, also what a filter would leave out."""
        logger = logging.getLogger("uvicorn.error")
        before = logger.handlers, logger.filters, logger.propagate, logger.disabled, logger.level
        logger.handlers, logger.filters, logger.propagate, logger.disabled = [self], [], False, False
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.handlers, logger.filters, logger.propagate, logger.disabled, level = before
            logger.setLevel(level)

    def check(self) -> None:
        words, self.words = self.words, []
        if words:
            raise ServerFaultError("\n".join(words))


class Connections:
    """Makes connections to `app`, one after the other, in a loop of its own."""

    def __init__(self, app: Any, protocol: type[asyncio.Protocol]) -> None:
        self._loop = asyncio.new_event_loop()
        self._faults = Faults()
        self._loop.set_exception_handler(self._faults.take)
        self._config: Config = make_server(app, http=protocol).config
        self._config.load()
        self._make = protocol

    def play(self, chunks: Iterable[bytes]) -> bytes:
        """Give `chunks` to a new connection while it reads; what it sent until it ended.

        Raises:
            ServerFaultError: when the server met an error.
            UnansweredError: when the application does not end with its client.
        """
        with self._faults.heard():
            sent = self._loop.run_until_complete(self._play(chunks))
        self._faults.check()
        return sent

    async def _play(self, chunks: Iterable[bytes]) -> bytes:
        state, end = ServerState(), ClientEnd()
        end.set_protocol(self._make(config=self._config, server_state=state, app_state={}))  # type: ignore[call-arg]
        end.protocol.connection_made(end)
        for chunk in chunks:
            await self._turns(state, end)
            if not end.reads_on or end.is_closing():
                break
            end.protocol.data_received(chunk)
        await self._turns(state, end)
        end.protocol.connection_lost(None)
        end.socket.close()
        if state.tasks:
            _, going_on = await asyncio.wait(state.tasks, timeout=END_SECONDS)
            for task in going_on:
                task.cancel()
            if going_on:
                raise UnansweredError(f"{len(going_on)} requests go on without their client")
        return bytes(end.sent)

    async def _turns(self, state: ServerState, end: ClientEnd) -> None:
        """Let the server work until it wants to read on, or nothing more is to be expected of it soon."""
        for turn in range(_MOST_TURNS):
            await asyncio.sleep(0)
            if turn >= _CALLBACK_TURNS and (end.reads_on or end.is_closing()) and not state.tasks:
                return
        if state.tasks:  # on a thread, or a stream without end
            await asyncio.wait(state.tasks, timeout=THREAD_SECONDS, return_when=asyncio.FIRST_COMPLETED)
