"""Which source a camera's settings ask for. For RTSP the direct one comes first, and FFmpeg where it does not serve."""

import socket
from collections.abc import Callable
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from services.ingest.settings import CameraSettings
from services.ingest.sources import OpenSource, Source, SourceUnavailableError, SourceUnsupportedError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.http import HttpSource
from services.ingest.sources.rtsp import RtspSource
from services.ingest.sources.video_file import VideoFileSource
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

PROBE_TIMEOUT_SECONDS: Final = 1.0
_PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
log = get_logger(__name__)


def source_opener(settings: CameraSettings, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> OpenSource:
    """What opens the camera's source, which refuses pictures of more than `max_pixels`. Nothing is connected yet."""
    kind, options = settings.source_kind, connection_options(settings, max_pixels=max_pixels)
    if kind == "rtsp" and settings.decoder == "auto":
        return ReaderChoice(RtspSource(options), lambda notice: FfmpegSource(options, notice=notice))
    if kind == "demo":
        return _always(DemoSource())
    if kind == "file":
        return _always(VideoFileSource(options.url, max_pixels=max_pixels))
    if kind == "http":
        return _always(HttpSource(options, max_fps=settings.fps))
    if settings.decoder == "direct":
        return _always(RtspSource(options))
    return _always(FfmpegSource(options))


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
        max_pixels=max_pixels,
    )


def _always(source: Source) -> OpenSource:
    def open_source(_previous: SourceUnavailableError | None) -> Source:
        source.open()
        return source

    return open_source


def answers_at(settings: CameraSettings) -> Callable[[], bool] | None:
    """What asks whether anything answers at the camera's address, within a second; None where there is no address."""
    if settings.rtsp_url is None or settings.source_kind not in ("rtsp", "http"):
        return None
    parts = urlsplit(connection_options(settings).url)
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


class ReaderChoice:
    """Opens the direct reader until that can't understand the camera; from then on FFmpeg, as long as that opens.

    `make_ffmpeg` is given the notice that its status shows. Frames then come from the reader itself.
    """

    def __init__(self, direct: Source, make_ffmpeg: Callable[[str], Source]) -> None:
        self._direct = direct
        self._make_ffmpeg = make_ffmpeg
        self._ffmpeg: Source | None = None

    def __call__(self, previous: SourceUnavailableError | None) -> Source:
        """
        Raises:
            SourceUnavailableError: when the camera can't be opened.
        """
        if isinstance(previous, SourceUnsupportedError):
            self._ffmpeg = self._ffmpeg_because(previous)
        if self._ffmpeg is None:
            try:
                self._direct.open()
            except SourceUnsupportedError as error:
                self._ffmpeg = self._ffmpeg_because(error)
            else:
                return self._direct
        # A camera that neither understands may only be starting, and one that is back is worth another look.
        ffmpeg, self._ffmpeg = self._ffmpeg, None
        ffmpeg.open()
        self._ffmpeg = ffmpeg
        return ffmpeg

    def _ffmpeg_because(self, error: SourceUnsupportedError) -> Source:
        log.warning("direct RTSP does not serve this camera, FFmpeg takes over", reason=str(error))
        return self._make_ffmpeg(f"Pictures come through FFmpeg, later and at more cost. {error}")
