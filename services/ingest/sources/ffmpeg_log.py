"""What FFmpeg logs while it opens an address, for that opening alone. Owns FFmpeg's log levels, and the end of an
opening at a redirect.

FFmpeg has one log for a process, in which a camera's two streams may be opened at once. It logs on the thread that
called it, so the thread tells whose a line is.
"""

import logging
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import av
import av.logging

LogLine = tuple[int, str, str]
"""Its level, the part that speaks, what it says."""
MAX_LINES: Final = 200
"""A damaged stream may cause a line for each of its blocks. The last says why it failed."""
_REDIRECT: Final = "Redirecting to"
_library_log: Final = logging.getLogger("libav")


class Listener:
    """What one opening logged. `is_redirected` says whether the camera sent it elsewhere; `was_disturbed`, whether
    another opening's redirect kept it from opening sockets for a moment.
    """

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.is_redirected = False
        self.was_disturbed = False


class _OpeningsLog(logging.Handler):
    """Gives each line to the listener of its thread. Lines of other threads are dropped.

    From a redirect until the opening has given up, this process can open no socket: nothing else keeps FFmpeg from
    following it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._listeners: dict[int, Listener] = {}
        self._limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._gate = threading.Condition()

    def begin(self) -> Listener:
        listener = Listener()
        with self._gate:
            self._gate.wait_for(lambda: not self._is_redirected())
            if not self._listeners:
                _library_log.propagate = False
                _library_log.setLevel(logging.INFO)
                av.logging.set_level(av.logging.INFO)
            self._listeners[threading.get_ident()] = listener
        return listener

    def end(self) -> None:
        with self._gate:
            ended = self._listeners.pop(threading.get_ident())
            if not self._listeners:
                _set_quiet()
            if ended.is_redirected and not self._is_redirected():
                resource.setrlimit(resource.RLIMIT_NOFILE, self._limits)
                self._gate.notify_all()

    def emit(self, record: logging.LogRecord) -> None:
        listener = self._listeners.get(record.thread or 0)
        if listener is None:
            return
        text = record.getMessage()
        if _REDIRECT in text:
            self._stop_opening_sockets(listener)
        if record.levelno >= logging.WARNING:
            del listener.lines[MAX_LINES - 1 :]
            listener.lines.append((record.levelno, record.name.rpartition(".")[2], text))

    def _stop_opening_sockets(self, redirected: Listener) -> None:
        with self._gate:
            if not self._is_redirected():
                self._limits = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (0, self._limits[1]))
            redirected.is_redirected = True
            for other in self._listeners.values():
                other.was_disturbed |= other is not redirected

    def _is_redirected(self) -> bool:
        return any(listener.is_redirected for listener in self._listeners.values())


@contextmanager
def listening() -> Iterator[Listener]:
    """Collect what FFmpeg logs on this thread, and end what it does there at a redirect."""
    listener = _log.begin()
    try:
        yield listener
    finally:
        _log.end()


def _set_quiet() -> None:
    """While nothing is opened, FFmpeg says warnings only, to whoever captures them. A line may repeat an address with
    its credentials, so none goes anywhere else.
    """
    av.logging.set_level(av.logging.WARNING)
    _library_log.setLevel(logging.CRITICAL + 1)
    _library_log.propagate = True


_log: Final = _OpeningsLog()
_library_log.addHandler(_log)
_set_quiet()
av.logging.set_skip_repeated(False)  # each loss counts, also one like the last
