"""A camera's session description (SDP), and the track that is chosen from it."""

from typing import Final

from services.ingest.sources import SourceUnsupportedError
from services.ingest.sources.rtsp.message import Message
from services.ingest.sources.rtsp.sdp_track import choose_track

HANDLED: Final = (SourceUnsupportedError,)


def read(data: bytes) -> None:
    """The chosen track has a payload type of RTP, and parameter sets no longer than the description."""
    text = Message(200, "OK", "", {}, data).text
    track = choose_track(text)
    assert 0 <= track.payload_type <= 999  # noqa: PLR2004 three digits; a packet's type is compared with it
    assert len(track.parameter_sets) <= 8 * len(data) + 8
    assert track.payload_format.codec in ("h264", "hevc", "mjpeg")
