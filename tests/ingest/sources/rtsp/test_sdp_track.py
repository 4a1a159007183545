"""Which stream is taken from a camera's description of itself."""

import time

import pytest

from services.ingest.sources import SourceUnsupportedError
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h264_interleaved import InterleavedH264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.h265_numbered import NumberedH265
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtsp.sdp import MAX_LINES, MAX_MEDIA
from services.ingest.sources.rtsp.sdp_track import choose_track

DESCRIPTION = """v=0
m=audio 0 RTP/AVP 0
a=control:audio
m=video 0 RTP/AVP {kind}
a=control:{control}
{lines}
"""


def test_the_first_video_that_can_be_decoded_is_taken() -> None:
    """With its parameter sets, and the address that asks for it."""
    lines = "a=rtpmap:97 H265/90000\na=fmtp:97 sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE="
    track = choose_track(DESCRIPTION.format(kind=97, control="trackID=2", lines=lines))
    assert (track.payload_type, track.payload_format.codec) == (97, "hevc")
    assert (track.control, track.other_controls) == ("trackID=2", ("audio",))
    assert track.parameter_sets == b"\0\0\0\1\x40\1\0\0\0\1\x42\1\0\0\0\1\x44\1"
    jpeg = choose_track(DESCRIPTION.format(kind=26, control="rtsp://host/x", lines=""))
    assert (jpeg.payload_type, jpeg.payload_format.codec, jpeg.control) == (26, "mjpeg", "rtsp://host/x")


def test_streams_that_can_not_be_decoded_are_passed_over() -> None:
    """Other codecs; the next stream may do."""
    other = "a=rtpmap:96 MP4V-ES/90000"
    later = "m=video 0 RTP/AVP 97\na=control:second\na=rtpmap:97 H264/90000"
    description = DESCRIPTION.format(kind=96, control="first", lines=f"{other}\n{later}")
    track = choose_track(description)
    assert (track.payload_type, track.control) == (97, "second")
    with pytest.raises(SourceUnsupportedError, match="neither"):
        choose_track(DESCRIPTION.format(kind=96, control="first", lines=other))


@pytest.mark.parametrize(
    ("encoding", "parameters", "kind", "depth"),
    [
        ("H264", "packetization-mode=1;sprop-interleaving-depth=4", H264, None),
        ("H264", "packetization-mode=2", InterleavedH264, 0),
        ("H264", "packetization-mode=2; sprop-interleaving-depth=4", InterleavedH264, 4),
        ("H264", "packetization-mode=2;sprop-interleaving-depth=many", InterleavedH264, 0),
        ("H264", "packetization-mode=" + "2" * 1000, H264, None),
        ("H265", "sprop-max-don-diff=0;sprop-depack-buf-nalus=0", H265, None),
        ("H265", "sprop-max-don-diff=2", NumberedH265, 2),
        ("H265", "sprop-max-don-diff=32767;sprop-depack-buf-nalus=3", NumberedH265, 3),
        ("H265", "sprop-depack-buf-nalus=3", NumberedH265, 3),
    ],
)
def test_numbers_of_the_decoding_order_are_announced(
    encoding: str, parameters: str, kind: type[PayloadFormat], depth: int | None
) -> None:
    """Without the announcement nobody could tell them from the video."""
    lines = f"a=rtpmap:96 {encoding}/90000\na=fmtp:96 {parameters}"
    payload_format = choose_track(DESCRIPTION.format(kind=96, control="1", lines=lines)).payload_format
    assert type(payload_format) is kind
    assert getattr(payload_format, "depth", None) == depth


def test_parameter_sets_without_padding_are_read() -> None:
    """The padding says nothing that the length does not."""
    lines = "a=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=aO48gA"
    track = choose_track(DESCRIPTION.format(kind=96, control="1", lines=lines))
    assert track.parameter_sets == b"\0\0\0\1\x68\xee\x3c\x80"


def test_parameter_sets_that_are_no_base64_are_left_out() -> None:
    """Cameras repeat them in-band, so a bad description costs nothing."""
    lines = "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=%%%,aO48gA==,Z0"
    track = choose_track(DESCRIPTION.format(kind=96, control="1", lines=lines))
    assert track.parameter_sets == b"\0\0\0\1\x68\xee\x3c\x80"


@pytest.mark.parametrize("line", ["a=x", "m=video 0 RTP/AVP 96"])
def test_a_description_of_too_many_lines_or_media_is_not_understood(line: str) -> None:
    """Each is an object for us."""
    with pytest.raises(SourceUnsupportedError, match="too long"):
        choose_track("v=0\n" + f"{line}\n" * (MAX_LINES + 1))
    with pytest.raises(SourceUnsupportedError):
        choose_track("v=0\n" + "m=audio 0 RTP/AVP 0\n" * (MAX_MEDIA + 1))


@pytest.mark.parametrize("name", ["framesize", "rtpmap", "fmtp", "control"])
def test_lines_that_are_too_long_are_passed_over(name: str) -> None:
    """No pattern takes long for one, either."""
    lines = f"a=rtpmap:96 H264/90000\na={name}:" + "1" * 60_000
    begun = time.monotonic()
    track = choose_track(DESCRIPTION.format(kind=96, control="1", lines=lines))
    assert track.payload_format.codec == "h264"
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "description",
    [
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:x",
        "\ufeffv=0\rm=video 0 RTP/AVP 96\ra=rtpmap:96 H264/90000\ra=control:x\r",
        " v=0\r\nM=video\r\n m = video 0 RTP/AVP  96 \r\n a = rtpmap : 96  h264/90000/1\r\na=control: x \r\n\0",
        "m=audio 0 RTP/AVP (null)\na=rtpmap\nm=VIDEO 0/2 RTP/AVP 95 96\na=rtpmap:95 X/1\na=rtpmap:96 H264\na=control:x",
        "m=video 0 RTP/AVP 96\na=fmtp\na=fmtp:x\na=fmtp:96 =;;a\na=control:x\na=rtpmap:96 H264/90000\nm=\na=control:y",
        "m=video 0 RTP/AVP\na=rtpmap:96 H264/90000\na=control:x",
    ],
    ids=["bare", "bom", "blanks", "two-types", "parameters", "no-type"],
)
def test_odd_descriptions_of_the_same_stream_mean_the_same(description: str) -> None:
    """What a camera leaves out or writes its own way is passed over."""
    track = choose_track(description)
    assert (track.payload_type, track.payload_format.codec, track.control) == (96, "h264", "x")
