"""Tells the bus which setting keeps ingest from starting, so that the pages show it. Who may look at the pages is told
and judged meanwhile as ever: otherwise nobody could read it.
"""

import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.ingest.open_owner import open_owner
from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.keys import server_keys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.settings import BusServerSettings
from shared.bus.status import MAX_WORDS
from shared.errors import ConfigurationError
from shared.lifecycle import REFUSAL_SECONDS, stop_on_signals
from shared.settings import load_settings

if TYPE_CHECKING:
    from services.ingest.access.owner import Owner

REPORT_SECONDS: Final = 1.0
TURN_SECONDS: Final = 0.2


def tell_refusal(error: ConfigurationError) -> None:
    """Publish the line of `error` in place of any camera, for `REFUSAL_SECONDS` or until a signal. Main thread only.

    Where the bus itself can't be had with these settings, the log alone says so.
    """
    stop = threading.Event()
    stop_on_signals(stop)
    with suppress(ConfigurationError), tempfile.TemporaryDirectory(prefix="framecast-") as directory:
        settings = load_settings(BusServerSettings)
        inner_address = f"ipc://{Path(directory) / 'bus'}"
        proxy = BusProxy(settings.bus_bind, inner_address, server_keys(settings))
        publisher = Publisher(inner_address, is_inner=True)
        try:
            with _owner(settings, publisher, stop) as owner:
                _repeat(publisher, str(error), stop, owner)
        finally:
            publisher.close()
            proxy.close()
        return
    stop.wait(REFUSAL_SECONDS)


@contextmanager
def _owner(settings: BusServerSettings, publisher: Publisher, stop: threading.Event) -> "Iterator[Owner | None]":
    """What the owner decides on access, told and judged; None where that is the setting that can't be used."""
    owner = None
    with suppress(ConfigurationError):
        owner = open_owner(settings)
    try:
        if owner is not None:
            owner.publish_with(publisher.send)
            with suppress(ConfigurationError):
                owner.listen(settings, on_crash=stop.set)
        yield owner
    finally:
        if owner is not None:
            owner.close()


def _repeat(publisher: Publisher, sentence: str, stop: threading.Event, owner: "Owner | None") -> None:
    ingest, report_at = secrets.token_hex(8), time.monotonic()
    ends_at = report_at + REFUSAL_SECONDS
    while not stop.is_set() and (now := time.monotonic()) < ends_at:
        if now >= report_at:
            report_at = now + REPORT_SECONDS
            mark = None if owner is None else owner.mark
            publisher.send(encode_report(IngestReport(ingest=ingest, refusal=sentence[:MAX_WORDS], access=mark)))
        publisher.wait(TURN_SECONDS)
        publisher.read_subscriptions()
        if owner is not None:
            owner.answer(publisher.topics)
