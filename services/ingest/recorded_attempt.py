"""One attempt to get pictures from a camera, as ingest would make it, with the exchange recorded for a report, masked.

The command `framecast record-camera` makes it in its own process, the page's button in one like a camera's.
"""

import json
import os
import socket
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Final, NoReturn
from urllib.parse import urlsplit

from services.ingest.recording.attempt import Outcome, attempts
from services.ingest.recording.masking import masked_events, masked_words
from services.ingest.recording.recorder import MAX_BYTES, Recorder
from services.ingest.recording.recording import Recording
from services.ingest.select_source import connection_options, source_opener
from services.ingest.settings import CameraSettings
from services.ingest.sources import exchange_tap

SECONDS: Final = 5.0
"""How much of the stream is kept. The conversation before it is kept whole."""
TOLD_BYTES: Final = 340_000
"""Of an exchange that ingest answers with: packed and in base64 it has to fit into one answer, of 512 KiB."""
NOT_OVER: Final = Outcome(has_pictures=False, words="The attempt was not over when the recording ended.")


class RecordedAttempt:
    """`run` is for one thread, once. The others are for any thread, also meanwhile."""

    def __init__(self, settings: CameraSettings, *, max_pixels: int, max_bytes: int = MAX_BYTES) -> None:
        self.outcome = NOT_OVER
        """What has come of it so far."""
        self._settings: Final = settings
        self._max_pixels: Final = max_pixels
        self._recorder: Final = Recorder(max_bytes)

    def run(self, seconds: float = SECONDS) -> None:
        """Try the camera, and keep `seconds` of its stream."""
        opener, recorder = source_opener(self._settings, max_pixels=self._max_pixels), self._recorder
        exchange_tap.listen(recorder)
        try:
            for outcome in attempts(opener, seconds, lambda: recorder.end_after(seconds)):
                self.outcome = outcome
        finally:
            exchange_tap.listen(None)

    def recording(self) -> Recording:
        """What was said so far, masked."""
        options, recorder = connection_options(self._settings, max_pixels=self._max_pixels), self._recorder
        events = tuple(recorder.events)
        addresses = frozenset(_addresses_of(options.url))
        facts = {
            "outcome": masked_words(self.outcome.words, addresses),
            "decoder": self._settings.decoder,
            "transport": self._settings.rtsp_transport,
            "cut": "yes" if recorder.is_cut else "no",
        }
        return Recording(tuple(recorder.connections), masked_events(events, options, addresses), facts)


def tell_recording(settings: CameraSettings, max_pixels: int, seconds: float) -> NoReturn:
    """Try the camera for this long at most, and tell the recording by a line of JSON. It ends the process itself."""
    attempt = RecordedAttempt(settings, max_pixels=max_pixels, max_bytes=TOLD_BYTES)
    thread = threading.Thread(target=attempt.run, name="camera", daemon=True)
    thread.start()
    thread.join(seconds)
    file = BytesIO()
    attempt.recording().write(file)
    sys.stdout.write(json.dumps({"recording": b64encode(file.getvalue()).decode()}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the thread may be blocked inside a library


def _addresses_of(url: str) -> Iterator[str]:
    """The names and IP addresses of the camera, and of this machine as the camera sees it."""
    parts = urlsplit(url)
    found = {socket.gethostname(), parts.hostname or ""}
    with suppress(OSError):
        for family, _, _, _, place in socket.getaddrinfo(parts.hostname, parts.port or 1, type=socket.SOCK_DGRAM):
            found.add(str(place[0]))
            with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as own:
                own.connect(place)  # sends nothing
                found.add(str(own.getsockname()[0]))
    yield from found - {"localhost"}
