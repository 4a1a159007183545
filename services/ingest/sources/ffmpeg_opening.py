"""How FFmpeg opens an address, so that what it finds there leads nowhere else: no redirect, no playlist.

- A protocol that the address itself does not need is not on the whitelist, and neither is a format that names other
  addresses or files, such as HLS, DASH, concat and SDP.
- HTTP has an option against redirects.
- FFmpeg's RTSP has none. It follows a redirect to any host, and sends the camera's password there. It logs that just
  before, on the same thread. `ffmpeg_log.py` ends it there.
"""

import ctypes
from typing import Any, Final, Protocol

import av
from av import _core
from av.container.input import InputContainer

from services.ingest.sources import SourceRefusedError, failure_reasons
from services.ingest.sources.ffmpeg_log import LogLine, listening
from shared.errors import FramecastError

MAX_ALLOCATION_BYTES: Final = 256 * 1024**2
"""FFmpeg allocates what an RTSP answer calls its length, by default up to 2 GiB. This leaves room for a plane of the
largest picture that PICTURE_MAX_PIXELS may allow."""
MAX_STREAMS: Final = 64
CONTAINERS: Final = (
    "mpjpeg,mjpeg,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,gif,apng,h261,h263,h264,hevc,vvc,av1,obu,ivf,m4v,vc1,"
    "mpegvideo,mpegts,mpeg,mov,matroska,webm,flv,live_flv,asf,avi,ogg,nut,dv,dhav,mxf,wtv,rm,yuv4mpegpipe,"
    "wav,mp3,aac,flac"
)
"""FFmpeg's names of formats that hold their pictures themselves."""
_PROTOCOLS: Final = {
    "rtsp": "rtsp,tcp,udp,rtp",
    "rtsps": "rtsps,tls,tcp,udp,rtp",
    "http": "http,tcp",
    "https": "https,tls,tcp",
}
_TOLERANT: Final[dict[str, Any]] = {"metadata_errors": "replace"} if av.__version__.startswith("18.") else {}
"""A camera may describe itself in Latin-1. PyAV 18 must be told to bear it; later ones do, and know no such option."""
_FOREIGN: Final = "not on whitelist"  # of protocols, after a redirect to another one; or of formats
ctypes.CDLL(_core.__file__).av_max_alloc(ctypes.c_size_t(MAX_ALLOCATION_BYTES))


class UnopenedError(FramecastError):
    """Raised when FFmpeg can't open an address. `cause` is FFmpeg's error, `lines` what it logged."""

    def __init__(self, cause: av.error.FFmpegError, lines: list[LogLine]) -> None:
        super().__init__(cause.strerror)
        self.cause = cause
        self.lines = lines


class _DisturbedError(UnopenedError):
    """Raised when another opening's redirect may be why."""


class ByteReader(Protocol):
    """Bytes from elsewhere. What its `read` raises passes through FFmpeg.

    Whoever reads a packet sets until when all of it must come, in monotonic seconds.
    """

    deadline: float

    def read(self, count: int) -> bytes:
        """At most `count` bytes, as soon as there are any; none at the end."""


def open_input(
    place: str | ByteReader,
    options: dict[str, str],
    timeouts: tuple[float, float],
    container_format: str | None = None,
) -> InputContainer:
    """Open `place`: an address that names its protocol, or bytes, whose format is told then.

    `timeouts` in seconds: to open, and then for each read.

    Raises:
        UnopenedError: when FFmpeg can't.
        SourceRefusedError: when the camera sends us elsewhere.
    """
    try:
        return _opened(place, options, timeouts, container_format)
    except _DisturbedError:
        return _opened(place, options, timeouts, container_format)


def _opened(
    place: str | ByteReader, options: dict[str, str], timeouts: tuple[float, float], container_format: str | None
) -> InputContainer:
    with listening() as listener:
        try:
            container: InputContainer = av.open(
                place, format=container_format, options=options | _rules(place), timeout=timeouts, **_TOLERANT
            )
        except av.error.FFmpegError as error:
            if listener.is_redirected or any(_FOREIGN in text for _, _, text in listener.lines):
                raise SourceRefusedError(failure_reasons.REDIRECTED) from None
            if listener.was_disturbed and isinstance(place, str):
                raise _DisturbedError(error, listener.lines) from None
            raise UnopenedError(error, listener.lines) from None  # its text has the address in it
    return container


def _rules(place: str | ByteReader) -> dict[str, str]:
    if not isinstance(place, str):
        return {"protocol_whitelist": "none", "format_whitelist": CONTAINERS, "max_streams": str(MAX_STREAMS)}
    scheme = place.partition(":")[0].lower()
    if scheme == "file":
        # One picture is a film too. Without a pattern its name is only a name.
        return {"protocol_whitelist": "file", "format_whitelist": f"{CONTAINERS},image2", "pattern_type": "none"}
    return {
        "protocol_whitelist": _PROTOCOLS[scheme],
        "format_whitelist": "rtsp" if scheme.startswith("rtsp") else CONTAINERS,
        "max_streams": str(MAX_STREAMS),
    } | ({"max_redirects": "0"} if scheme.startswith("http") else {})
