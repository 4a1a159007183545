"""Structured logs: readable on a terminal, JSON otherwise. Owns the only logging configuration.

Cameras, clients and peers on the bus cause lines, and so do their words. So each line is one line, and the lines of a
kind are few, whatever comes.
"""

import logging
import os
import re
import sys
import threading
import time
from typing import Final

import structlog

from shared.line_limit import KindLimit

_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""A terminal obeys the control characters among these, and a reader takes the others for the end of a line."""

_RECORDS_SECRET: Final = re.compile(r"(?i)framecast(?:_|%5f)[a-z0-9_%-]{20,}")
"""The secret of a session, a token or a link, also as an address spells it. No part of it is shown."""

_SHARED: Final[list[structlog.typing.Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure_logs() -> None:
    """Send every log line of this process, also those of libraries, to standard error.

    The environment's `LOG_FORMAT` (`console` or `json`) decides the format. Without it, a
    terminal gets the console's and everything else JSON.
    """
    wanted = os.environ.get("LOG_FORMAT") or ("console" if sys.stderr.isatty() else "json")
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
        if wanted == "console"
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_FewOfAKind())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _put_main_fields_first,
                _without_secrets,
                _on_one_line,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # These log their start, their stop and every request. The services log what matters of that themselves.
    for library in ("uvicorn", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _put_main_fields_first(
    _logger: structlog.typing.WrappedLogger, _method: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    first = {name: fields[name] for name in ("timestamp", "level", "event") if name in fields}
    return {**first, **fields}


def _without_secrets(
    _logger: structlog.typing.WrappedLogger, _method: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Mask secrets that a client, a library or a traceback repeats."""
    return {
        name: _RECORDS_SECRET.sub("framecast_***", value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _on_one_line(
    _logger: structlog.typing.WrappedLogger, _method: str, fields: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what would begin another line, or change the terminal. Only a traceback has lines of its own."""
    return {
        name: _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], value)
        if isinstance(value, str) and name != "exception"
        else value
        for name, value in fields.items()
    }


class _FewOfAKind(logging.Filter):
    """Leaves out lines beyond `KindLimit`, and has the next one of their kind say how many. Any thread.

    A kind is a logger's constant phrase. A library's line without arguments has its words made already, so all such
    lines of its logger are one kind.
    """

    def __init__(self) -> None:
        super().__init__()
        self._limit = KindLimit(time.monotonic)
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.msg if isinstance(record.msg, dict) else None
        phrase = ours.get("event") if ours is not None else record.msg if record.args else None
        with self._lock:
            left_out = self._limit.admit((record.name, phrase))
        if left_out and ours is not None:
            record.msg = {**ours, "lines_left_out": left_out}
        elif left_out:
            record.msg = f"{record.msg} ({left_out} such lines were left out before)"
        return left_out is not None


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
