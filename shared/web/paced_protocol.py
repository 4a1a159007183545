"""uvicorn's HTTP protocol, in turns: the parser gets small pieces, and none while a request waits behind another or
while the client leaves our responses unread. So a connection holds little more memory than its buffers.

All connections together take only a part of each turn of the loop (`loop_share.py`). The request that is being answered
is told when its client has gone; uvicorn tells only the last one that it has read.
"""

import asyncio
from functools import partial
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.access.client_network import client_network
from shared.web.flow import Flow
from shared.web.loop_share import share_of

PIECE_BYTES: Final = 2048
HALF_CLOSED_SECONDS: Final = 0.5
"""How long a client that has ended its sending is given for the answer. It may as well have left, which looks the same,
and work for nobody is to end soon.
"""
_HEAD_END: Final = b"\r\n\r\n"
"""A piece ends here, too: forty pipelined requests in one cost 140 KB and several milliseconds."""


class PacedProtocol(HttpToolsProtocol):
    """One connection. `HttpProtocol` limits what it may send."""

    _is_refused = False
    """Whether it has been told why it ends. Nothing more is read from it."""
    _is_parsing = False
    _is_in_line = False
    """Whether a piece waits for its turn. Meanwhile nothing is read."""
    _is_half_closed = False
    """Whether the client has ended its sending. It may still read."""
    _answering: RequestResponseCycle | None = None
    """The request that is being answered. Later ones wait; uvicorn's `cycle` is the last of them."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self.flow = Flow(self.transport, self._parse)
        self._share = share_of(self.server_state)
        self._network = client_network(self.client[0]) if self.client else ""
        self._unparsed = bytearray()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unparsed.clear()
        super().connection_lost(exc)
        if self._is_answering():
            self._tell_gone(self._answering)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio keeps a half-closed connection for True
        """The client has sent all that it will (`nc -N`), or has left. It gets the answers to whole requests."""
        if self._is_half_closed:
            return True
        self._is_half_closed = self._owes_answer()
        if self._is_half_closed:
            self.loop.call_later(HALF_CLOSED_SECONDS, self.end_half_closed)
        return self._is_half_closed

    def _owes_answer(self) -> bool:
        if self._is_refused or self.transport.is_closing() or (self.cycle is not None and self.cycle.more_body):
            return False
        return bool(self._is_answering() or self.pipeline or self._unparsed)

    def end_half_closed(self) -> None:
        """Called after `HALF_CLOSED_SECONDS`, and when nothing is owed any more."""
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            self._unparsed += data
            self._parse()

    def _parse(self) -> None:
        """Feed the parser piece by piece, until a request must wait, reading is paused or nothing is left.

        While a request waits, a little more is read: only by reading do we notice that the client has left.
        """
        if self._is_parsing or self._is_in_line:  # a request in this very piece was answered at once
            return
        self._is_in_line = True
        self._share.run(self._network, self._parse_piece)
        if self._is_in_line and not self.transport.is_closing():
            self.transport.pause_reading()

    def _parse_piece(self) -> None:
        self._is_in_line = False
        if self._may_parse():
            self._is_parsing = True
            end = self._unparsed.find(_HEAD_END, 0, PIECE_BYTES)
            length = PIECE_BYTES if end < 0 else end + len(_HEAD_END)
            piece = bytes(self._unparsed[:length])
            del self._unparsed[:length]
            self._feed(piece)
            self._is_parsing = False
        if self._may_parse():
            self._parse()
        elif self._is_refused or self.transport.is_closing():
            self._unparsed.clear()
        elif len(self._unparsed) > PIECE_BYTES or (self._unparsed and self.flow.write_paused):
            self.flow.pause_reading()
        elif not self.flow.read_paused:
            self.transport.resume_reading()

    def _may_parse(self) -> bool:
        is_ended = self._is_refused or self.transport.is_closing()
        return bool(self._unparsed) and not (self.pipeline or self.flow.read_paused or is_ended)

    def _feed(self, piece: bytes) -> None:
        super().data_received(piece)

    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    @staticmethod
    def _tell_gone(cycle: RequestResponseCycle | None) -> None:
        """Tell the app that nobody waits for its answer any more."""
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        was_parsing, self._is_parsing = self._is_parsing, True  # else uvicorn would arm its timer for a request begun
        super().on_response_complete()
        self._is_parsing = was_parsing
        if self._unparsed:
            self._parse()
        if self._is_half_closed and not self._owes_answer():
            self.end_half_closed()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        self._share.run(self._network, partial(self._start, cycle, app))

    def _start(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not (cycle.disconnected or self._is_refused or self.transport.is_closing()):
            super()._start_asgi_task(cycle, app)
