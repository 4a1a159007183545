"""Which source a camera's settings ask for. For RTSP the direct one comes first, and FFmpeg where it does not serve."""

import socket
from collections.abc import Callable
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from services.ingest.decoding.pictures import Picture
from services.ingest.settings import CameraSettings
from services.ingest.sources import Source, SourceFacts, SourceUnavailableError, SourceUnsupportedError
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.rtsp import RtspSource
from services.ingest.sources.stderr_capture import NativeLog
from services.ingest.sources.video_capture import CaptureOptions, VideoCaptureSource
from services.ingest.sources.video_file import VideoFileSource
from shared.logs import get_logger

PROBE_TIMEOUT_SECONDS: Final = 1.0
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
log = get_logger(__name__)


def select_source(settings: CameraSettings, native_log: NativeLog | None = None) -> Source:
    """The source, not yet connected."""
    kind = settings.source_kind
    if kind == "demo":
        return DemoSource()
    if kind == "file":
        return VideoFileSource(settings.source_url(), native_log=native_log)
    options = CaptureOptions(
        settings.rtsp_transport, settings.rtsp_ca_file, settings.rtsp_tls_verify, settings.stall_seconds
    )
    by_opencv = VideoCaptureSource(
        settings.source_url(), options=options, secrets=settings.secrets(), native_log=native_log
    )
    if kind == "http" or settings.decoder == "opencv":
        return by_opencv
    direct = RtspSource(
        settings.source_url(),
        transport=settings.rtsp_transport,
        ca_file=settings.rtsp_ca_file,
        verify_tls=settings.rtsp_tls_verify,
        stall_seconds=settings.stall_seconds,
        secrets=settings.secrets(),
    )
    return direct if settings.decoder == "direct" else FallbackSource(direct, by_opencv)


def answers_at(settings: CameraSettings) -> Callable[[], bool] | None:
    """What asks whether anything answers at the camera's address, within a second; None where there is no address."""
    if settings.rtsp_url is None or settings.source_kind not in ("rtsp", "http"):
        return None
    parts = urlsplit(settings.rtsp_url.get_secret_value())
    address = parts.hostname or "", parts.port or _PORTS[parts.scheme.lower()]
    speaks_plainly = parts.scheme.lower() == "rtsp"

    def answers() -> bool:
        """A camera that is up but mute accepts connections, so an RTSP one has to say something."""
        try:
            with closing(socket.create_connection(address, PROBE_TIMEOUT_SECONDS)) as connection:
                if not speaks_plainly:
                    return True
                connection.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                return bool(connection.recv(1))
        except OSError:
            return False

    return answers


class FallbackSource:
    """The first source, until it finds that it can't understand the camera; then the second, as long as that can."""

    def __init__(self, first: Source, second: Source) -> None:
        self._first, self._second = first, second
        self._source = first
        self._notice: str | None = None

    def open(self) -> None:
        if self._source is self._first:
            try:
                return self._first.open()
            except SourceUnsupportedError as error:
                self._switch(error)
        try:
            self._second.open()
        except SourceUnavailableError:
            # A camera that neither understands may only be starting, and one that is back is worth another look.
            self._second.close()
            self._source, self._notice = self._first, None
            raise

    def grab(self) -> bool:
        try:
            return self._source.grab()
        except SourceUnsupportedError as error:
            if self._source is self._first:
                self._switch(error)
            raise

    def _switch(self, error: SourceUnsupportedError) -> None:
        self._first.close()
        log.warning("direct RTSP does not serve this camera, FFmpeg takes over", reason=str(error))
        self._notice = f"Pictures come through FFmpeg, later and at more cost. {error}"
        self._source = self._second

    def retrieve(self) -> Picture | None:
        return self._source.retrieve()

    def interrupt(self) -> None:
        self._source.interrupt()

    def facts(self) -> SourceFacts:
        facts = self._source.facts()
        return SourceFacts(facts.codec, facts.bits_per_second, facts.notice or self._notice)

    def close(self) -> None:
        self._source.close()
