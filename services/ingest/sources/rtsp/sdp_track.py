"""Which of a camera's streams we take. Its session description (SDP, RFC 8866) lists them."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any, Final

from aiortsp.rtsp.sdp import SDP

from services.ingest.decoding.access_unit import START_CODE
from services.ingest.sources import SourceUnsupportedError, failure_reasons
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg

_FORMATS: Final[dict[str, type[PayloadFormat]]] = {"H264": H264, "H265": H265, "JPEG": RtpJpeg}
_STATIC_JPEG: Final = 26
MAX_LINES: Final = 1000
MAX_LINE_LENGTH: Final = 2048
"""In characters; the parameter sets of a real camera have a few hundred. aiortsp's patterns take the square of the
length in time."""
MAX_MEDIA: Final = 32
_SETS: Final = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
_REORDERING: Final = {"packetization-mode": {"2"}, "sprop-max-don-diff": {str(n) for n in range(1, 100)}}


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The chosen stream. `parameter_sets` is what a decoder must know beforehand; empty if the description has none."""

    control_url: str
    payload_type: int
    payload_format: PayloadFormat
    parameter_sets: bytes


def choose_track(description: str, base_url: str) -> VideoTrack:
    """The first video stream that we can decode.

    Raises:
        SourceUnsupportedError: when there is none.
    """
    session = SDP(_bounded(description))
    videos = [media for media in session.get("medias", []) if media["type"] == "video"]
    if not videos:
        raise SourceUnsupportedError(failure_reasons.NO_VIDEO)
    base_url = SDP.mix_url_control(base_url, session.get("attributes", {}).get("control"))
    for media in videos:
        attributes: dict[str, Any] = media.get("attributes", {})
        payload_type, encoding = _encoding(media, attributes)
        details = attributes.get("fmtp") or {}
        if encoding not in _FORMATS or any(details.get(key) in values for key, values in _REORDERING.items()):
            continue
        return VideoTrack(
            control_url=SDP.mix_url_control(base_url, attributes.get("control")),
            payload_type=payload_type,
            payload_format=_FORMATS[encoding](),
            parameter_sets=b"".join(_sets(details.get(key, "")) for key in _SETS),
        )
    raise SourceUnsupportedError(failure_reasons.OTHER_VIDEO)


def _bounded(description: str) -> str:
    """Without the lines that are too long: the camera may do without them.

    Raises:
        SourceUnsupportedError: when no camera describes itself at such length.
    """
    lines = description.splitlines()
    if len(lines) > MAX_LINES or sum(line.startswith("m=") for line in lines) > MAX_MEDIA:
        raise SourceUnsupportedError(failure_reasons.LONG_DESCRIPTION)
    return "\n".join(line for line in lines if len(line) <= MAX_LINE_LENGTH)


def _encoding(media: dict[str, Any], attributes: dict[str, Any]) -> tuple[int, str]:
    mapping = attributes.get("rtpmap")
    if mapping is not None:
        return mapping["pt"], mapping["encoding"].partition("/")[0].upper()
    is_jpeg = str(_STATIC_JPEG) in media["format"].split()
    return _STATIC_JPEG, "JPEG" if is_jpeg else ""


def _sets(encoded: str) -> bytes:
    """Comma-separated base64. Anything else is left out, because cameras repeat all of it in-band."""
    sets = b""
    for text in encoded.split(","):
        try:
            unit = b64decode(text)
        except (Base64Error, ValueError):
            continue
        sets += START_CODE + unit if unit else b""
    return sets
