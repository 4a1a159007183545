"""Which source a camera's settings ask for, and whether anything answers at its address."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.reader_choice import Reader, ReaderChoice
from services.ingest.settings import CameraSettings
from services.ingest.sources import OneSource, OpenSource, Source, SourceUnavailableError, Verdict
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.http import HttpSource
from services.ingest.sources.rtsp.source import RtspSource
from services.ingest.sources.video_file import VideoFileSource
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

PROBE_TIMEOUT_SECONDS: Final = 1.0
PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
log = get_logger(__name__)


def source_opener(settings: CameraSettings, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> OpenSource:
    """What opens the camera's source, which refuses pictures of more than `max_pixels`. Nothing is connected yet."""
    kind, options = settings.source_kind, connection_options(settings, max_pixels=max_pixels)
    if kind == "rtsp" and settings.decoder == "auto":
        return RtspReaders(RtspSource(options), FfmpegSource(options), ReaderChoice(time.monotonic))
    if kind == "demo":
        return OneSource(DemoSource())
    if kind == "file":
        return OneSource(VideoFileSource(options.url, max_pixels=max_pixels))
    if kind == "http":
        return OneSource(HttpSource(options, max_fps=settings.fps))
    if settings.decoder == "direct":
        return OneSource(RtspSource(options))
    return OneSource(FfmpegSource(options))


def connection_options(settings: CameraSettings, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> ConnectionOptions:
    """How the camera is reached. A file has its path for an address."""
    address = settings.address
    if address is None:
        return ConnectionOptions("")
    return ConnectionOptions(
        address.url,
        username=address.username,
        password=address.password,
        transport=settings.rtsp_transport,
        ca_file=settings.rtsp_ca_file,
        verify_tls=settings.rtsp_tls_verify,
        stall_seconds=settings.stall_seconds,
        open_seconds=settings.open_seconds,
        max_pixels=max_pixels,
    )


def answers_at(settings: CameraSettings) -> Callable[[], bool] | None:
    """What asks whether anything answers at the camera's address, within a second; None where there is no address."""
    if settings.rtsp_url is None or settings.source_kind not in ("rtsp", "http"):
        return None
    parts = urlsplit(connection_options(settings).url)
    address = parts.hostname or "", parts.port or PORTS[parts.scheme.lower()]
    speaks_plainly = parts.scheme.lower() == "rtsp"

    def answers() -> bool:
        """A camera that is up but mute accepts connections, so an RTSP one has to say something."""
        try:
            with closing(socket.create_connection(address, PROBE_TIMEOUT_SECONDS)) as connection:
                if is_metadata_service(connection.getpeername()[0]):
                    return False
                if not speaks_plainly:
                    return True
                connection.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                return bool(connection.recv(1))
        except OSError:
            return False

    return answers


class RtspReaders:
    """The two readers of one RTSP camera. Frames come from the chosen reader itself; `choice` says which that is."""

    has_choice: Final = True

    def __init__(self, direct: Source, ffmpeg: Source, choice: ReaderChoice) -> None:
        self._sources: dict[Reader, Source] = {"direct": direct, "ffmpeg": ffmpeg}
        self._choice = choice

    @property
    def notice(self) -> str | None:
        return self._choice.notice

    @property
    def prefers_another(self) -> bool:
        return self._choice.prefers_another

    def __call__(self) -> Source:
        source = self._sources[self._choice.reader]
        source.open()
        return source

    def worked(self) -> None:
        self._choice.worked()

    def ended(self, error: SourceUnavailableError | None) -> Verdict:
        reader = self._choice.reader
        verdict = self._choice.ended(error)
        if self._choice.reader != reader:
            log.info("another reader of the camera is tried", reader=self._choice.reader)
        return verdict
