"""Tells the bus which setting keeps ingest from starting, so that the pages show it."""

import secrets
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.bus.ingest_report import IngestReport, encode_report
from shared.bus.keys import server_keys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.status import MAX_WORDS
from shared.errors import ConfigurationError
from shared.lifecycle import REFUSAL_SECONDS, stop_on_signals
from shared.settings import BusServerSettings, load_settings

REPORT_SECONDS: Final = 1.0


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
            _repeat(publisher, str(error), stop)
        finally:
            publisher.close()
            proxy.close()
        return
    stop.wait(REFUSAL_SECONDS)


def _repeat(publisher: Publisher, sentence: str, stop: threading.Event) -> None:
    message = encode_report(IngestReport(ingest=secrets.token_hex(8), refusal=sentence[:MAX_WORDS]))
    ends_at = time.monotonic() + REFUSAL_SECONDS
    while not stop.is_set() and time.monotonic() < ends_at:
        publisher.send(message)
        publisher.wait(REPORT_SECONDS)
        publisher.read_subscriptions()
