"""Which of a camera's streams we take, of those that its session description lists."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Final

from services.ingest.decoding.access_unit import START_CODE
from services.ingest.sources import SourceUnsupportedError, failure_reasons
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h264_interleaved import InterleavedH264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.h265_numbered import NumberedH265
from services.ingest.sources.rtp.jpeg_size import announced_size
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg
from services.ingest.sources.rtsp.sdp import Description, DescriptionError, Media, parse_description

_ENCODINGS: Final = frozenset({"H264", "H265", "JPEG"})
_STATIC: Final = {26: "JPEG"}
_SETS: Final = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
_INTERLEAVED: Final = 2
_MAX_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The chosen stream. `parameter_sets` is what a decoder must know beforehand; empty if the description has none.

    The controls are as in the description: of all streams together, of this one, and of each other one.
    """

    session_control: str
    control: str
    other_controls: tuple[str, ...]
    payload_type: int
    payload_format: PayloadFormat
    parameter_sets: bytes


def choose_track(text: str) -> VideoTrack:
    """The first video stream that we can decode, and its first payload type that we can.

    Raises:
        SourceUnsupportedError: when there is none.
    """
    try:
        description = parse_description(text)
    except DescriptionError:
        raise SourceUnsupportedError(failure_reasons.LONG_DESCRIPTION) from None
    videos = [media for media in description.medias if media.kind == "video"]
    if not videos:
        raise SourceUnsupportedError(failure_reasons.NO_VIDEO)
    for media in videos:
        for payload_type in dict.fromkeys((*media.payload_types, *media.encodings)):
            encoding = media.encodings.get(payload_type) or _STATIC.get(payload_type, "")
            details = media.parameters.get(payload_type, {})
            if encoding in _ENCODINGS:
                payload_format = _format_of(encoding, details, media.attributes)
                return _track(description, media, payload_type, payload_format)
    raise SourceUnsupportedError(failure_reasons.OTHER_VIDEO)


def _format_of(encoding: str, details: dict[str, str], attributes: dict[str, str]) -> PayloadFormat:
    if encoding == "JPEG":
        return RtpJpeg(announced_size(attributes | details))
    if encoding == "H264":
        is_interleaved = _number(details, "packetization-mode") == _INTERLEAVED
        return InterleavedH264(_number(details, "sprop-interleaving-depth")) if is_interleaved else H264()
    distance, depth = _number(details, "sprop-max-don-diff"), _number(details, "sprop-depack-buf-nalus")
    return NumberedH265(depth or distance) if distance or depth else H265()


def _number(details: dict[str, str], name: str) -> int:
    """A parameter that is a number; 0 if it is missing or none."""
    text = details.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0


def _track(description: Description, media: Media, payload_type: int, payload_format: PayloadFormat) -> VideoTrack:
    details = media.parameters.get(payload_type, {})
    return VideoTrack(
        session_control=description.control,
        control=media.control,
        other_controls=tuple(other.control for other in description.medias if other is not media and other.control),
        payload_type=payload_type,
        payload_format=payload_format,
        parameter_sets=b"".join(_sets(details.get(key, "")) for key in _SETS),
    )


def _sets(encoded: str) -> bytes:
    """Comma-separated base64. Anything else is left out, because cameras repeat all of it in-band."""
    sets = b""
    for text in encoded.split(","):
        try:
            unit = b64decode(text + "=" * (-len(text) % 4))  # some cameras leave the padding out
        except (Base64Error, ValueError):
            continue
        sets += START_CODE + unit if len(unit) > 1 else b""
    return sets
