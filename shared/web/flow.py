"""Flow control of a connection: nothing more is read from a client while it leaves our answers unread."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """Reading stays paused while more than the transport's 64 KiB wait for the client to read them.

    `on_resume` is called when reading goes on.
    """

    def __init__(self, transport: asyncio.Transport, on_resume: Callable[[], None]) -> None:
        super().__init__(transport)
        self._on_resume = on_resume
        self._resumes_when_sent = False

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self.read_paused:
            self._resumes_when_sent = True
            self.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._resumes_when_sent:
            self._resumes_when_sent = False
            self.resume_reading()

    def resume_reading(self) -> None:
        if self.write_paused:
            self._resumes_when_sent = True
        elif self.read_paused:
            super().resume_reading()
            self._on_resume()
