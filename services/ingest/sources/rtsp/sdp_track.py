"""Which of a camera's streams we take, of those that its session description lists."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Final

from services.ingest.decoding.access_unit import START_CODE
from services.ingest.sources import SourceUnsupportedError
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.jpeg_size import announced_size
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg
from services.ingest.sources.rtsp.sdp import Description, DescriptionError, Media, parse_description

_FORMATS: Final[dict[str, type[PayloadFormat]]] = {"H264": H264, "H265": H265, "JPEG": RtpJpeg}
_STATIC: Final = {26: "JPEG"}
_SETS: Final = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
_REORDERING: Final = {"packetization-mode": {"2"}, "sprop-max-don-diff": {str(n) for n in range(1, 100)}}


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
        raise SourceUnsupportedError("The camera's description is too long.") from None
    videos = [media for media in description.medias if media.kind == "video"]
    if not videos:
        raise SourceUnsupportedError("The camera's stream has no video.")
    for media in videos:
        for payload_type in dict.fromkeys((*media.payload_types, *media.encodings)):
            encoding = media.encodings.get(payload_type) or _STATIC.get(payload_type, "")
            details = media.parameters.get(payload_type, {})
            if encoding in _FORMATS and not any(details.get(key) in values for key, values in _REORDERING.items()):
                jpeg_size = announced_size(media.attributes | details)
                payload_format = RtpJpeg(jpeg_size) if encoding == "JPEG" else _FORMATS[encoding]()
                return _track(description, media, payload_type, payload_format)
    raise SourceUnsupportedError("The camera's video is neither H.264 nor H.265 nor JPEG.")


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
