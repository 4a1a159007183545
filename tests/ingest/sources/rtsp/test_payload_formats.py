"""What payloads hold: recorded ones decode to pictures, and bent ones never pass for whole."""

import struct

import cv2
import numpy as np
import pytest

from services.ingest.decoding.access_unit import AccessUnit, DamagedUnitError
from services.ingest.decoding.decoder import Decoder, picture_of
from services.ingest.decoding.jpeg import check
from services.ingest.decoding.pending_units import PendingUnits
from services.ingest.sources.rtsp.h264 import H264
from services.ingest.sources.rtsp.h265 import H265
from services.ingest.sources.rtsp.rtp_jpeg import RtpJpeg
from services.ingest.sources.rtsp.sdp_track import choose_track
from tests.ingest.sources.rtsp.recorded import FORMATS, assembled, recorded

VIDEO = ("h264", "h265")


@pytest.mark.parametrize("name", VIDEO)
def test_every_recorded_unit_is_decoded_at_once(name: str) -> None:
    """Fragments and aggregates, and no picture held back for the next one."""
    units, _ = assembled(name, recorded(name))
    payload_format = FORMATS[name]()
    decoder = Decoder(payload_format.codec)
    pictures = [decoder.decode(payload_format.assemble(unit.payloads)) for unit in units]
    assert [(picture.width, picture.height) for picture in pictures if picture is not None] == [(64, 48)] * 12


@pytest.mark.parametrize("name", VIDEO)
def test_key_frames_are_known_without_decoding(name: str) -> None:
    """Decoding may begin there, and nowhere else."""
    units, _ = assembled(name, recorded(name))
    payload_format = FORMATS[name]()
    assert [index for index, unit in enumerate(units) if payload_format.is_key(unit.payloads)] == [0, 6]
    sets = payload_format.parameter_sets(units[0].payloads)
    assert sets.count(b"\0\0\0\1") == {"h264": 2, "h265": 3}[name]
    assert payload_format.parameter_sets(units[1].payloads) == b""


@pytest.mark.parametrize("name", VIDEO)
def test_a_unit_without_one_of_its_fragments_is_no_unit(name: str) -> None:
    """At the ends; in the middle only the sequence numbers tell."""
    units, _ = assembled(name, recorded(name))
    fragments = [payload for payload in units[0].payloads if payload[0] & 31 == 28 or payload[0] >> 1 & 63 == 49]
    assert len(fragments) > 2
    for cut in (fragments[1:], fragments[:-1], []):
        with pytest.raises(DamagedUnitError):
            FORMATS[name]().assemble(cut)


def test_h264_pictures_of_cameras_without_idr_are_keys_too() -> None:
    """Recovery points, and intra slices behind an SPS; a predicted slice behind an SPS is none."""
    sps, intra, predicted, recovery = b"\x67\x42\0", b"\x41\xb0\0", b"\x41\xe0\0", b"\x06\x06\x01\x84\x80"
    predicted_all, intra_all = b"\x41\x9a\0", b"\x41\x88\0"
    assert H264().is_key([recovery, predicted])
    assert [H264().is_key([sps, unit]) for unit in (intra, intra_all, predicted, predicted_all)] == [
        True,
        True,
        False,
        False,
    ]
    assert not H264().is_key([intra])


def test_h265_random_access_points_are_keys() -> None:
    """IDR, CRA and BLA; trailing pictures are not."""
    units = [bytes((kind << 1, 1, 0x80)) for kind in (19, 20, 21, 16, 0, 1)]
    assert [H265().is_key([unit]) for unit in units] == [True, True, True, True, False, False]


def test_recorded_jpegs_are_whole() -> None:
    """GStreamer sends its tables in-band."""
    units, _ = assembled("jpeg", recorded("jpeg"))
    for unit in units:
        checked = check(RtpJpeg().assemble(unit.payloads))
        assert (checked.width, checked.height) == (64, 48)


def packed(jpeg: bytes, *, kind: int, quality: int, restart: bytes = b"", tables: bytes = b"") -> list[bytes]:
    """`jpeg` as RFC 2435 sends it, in two fragments."""
    scan_at = jpeg.index(b"\xff\xda")
    scan = jpeg[scan_at + 2 + int.from_bytes(jpeg[scan_at + 2 : scan_at + 4], "big") : -2]
    half = len(scan) // 2
    return [
        struct.pack("!I", 0) + bytes((kind, quality, 8, 6)) + restart + tables + scan[:half],
        struct.pack("!I", half) + bytes((kind, quality, 8, 6)) + restart + scan[half:],
    ]


def drawn(*options: int) -> tuple[bytes, bytes]:
    """A JPEG of 64 x 48, and its quantisation tables."""
    rows = np.linspace(0, 255, 64, dtype=np.uint8)
    pixels = np.stack([np.tile(rows, (48, 1)), np.tile(rows[::-1], (48, 1)), np.full((48, 64), 90, np.uint8)], axis=2)
    jpeg = cv2.imencode(".jpg", pixels, list(options))[1].tobytes()
    tables, at = b"", 2
    while jpeg[at + 1] != 0xDA:
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        body = jpeg[at + 4 : at + 2 + length]
        if jpeg[at + 1] == 0xDB:
            tables += body[1:65] + body[66:]
        at += 2 + length
    return jpeg, tables


def same_picture(one: bytes, other: bytes) -> bool:
    shown = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in (one, other)]
    return np.array_equal(np.asarray(shown[0]), np.asarray(shown[1]))


@pytest.mark.parametrize("quality", [10, 50, 75, 99])
def test_tables_by_quality_are_the_ones_that_encoders_use(quality: int) -> None:
    """libjpeg scales the same tables in the same way."""
    jpeg, _ = drawn(cv2.IMWRITE_JPEG_QUALITY, quality)
    assert same_picture(check(RtpJpeg().assemble(packed(jpeg, kind=1, quality=quality))).data, jpeg)


def test_tables_in_band_hold_until_others_come() -> None:
    """A camera may send them once."""
    jpeg, tables = drawn(cv2.IMWRITE_JPEG_QUALITY, 33)
    payload_format = RtpJpeg()
    for header in (b"\0\0" + struct.pack("!H", 128) + tables, b"\0\0\0\0"):
        assert same_picture(payload_format.assemble(packed(jpeg, kind=1, quality=200, tables=header)), jpeg)
    with pytest.raises(DamagedUnitError):
        RtpJpeg().assemble(packed(jpeg, kind=1, quality=200, tables=b"\0\0\0\0"))


def test_restart_markers_are_put_to_use() -> None:
    """Types 64 and 65 tell their distance."""
    jpeg, _ = drawn(cv2.IMWRITE_JPEG_QUALITY, 50, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    payloads = packed(jpeg, kind=65, quality=50, restart=struct.pack("!HH", 2, 0xFFFF))
    assert same_picture(check(RtpJpeg().assemble(payloads)).data, jpeg)


def test_jpegs_with_half_the_chroma_columns_are_type_zero() -> None:
    """4:2:2, as cheap cameras send."""
    jpeg, _ = drawn(
        cv2.IMWRITE_JPEG_QUALITY, 50, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422
    )
    assert same_picture(check(RtpJpeg().assemble(packed(jpeg, kind=0, quality=50))).data, jpeg)


@pytest.mark.parametrize("size", range(1, 10))
def test_a_jpeg_that_ends_within_its_header_is_no_picture(size: int) -> None:
    jpeg, _ = drawn()
    first, *_ = packed(jpeg, kind=65, quality=80, restart=bytes(4))
    with pytest.raises(DamagedUnitError):
        RtpJpeg().assemble([first[:size]])


def test_a_jpeg_without_a_fragment_is_no_picture() -> None:
    """The offsets tell."""
    payloads = assembled("jpeg", recorded("jpeg"))[0][0].payloads
    for gone in range(len(payloads) - 1):
        with pytest.raises(DamagedUnitError):
            RtpJpeg().assemble(payloads[:gone] + payloads[gone + 1 :])


def units_of(name: str) -> list[AccessUnit]:
    return assembled(name, recorded(name))[0]


def test_a_key_frame_makes_what_waits_before_it_needless() -> None:
    """So a late decoder gets the newest picture, by decoding no more than one group of pictures."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"")
    for unit in units:
        pending.put(unit)
    batch = pending.take()
    assert (batch.units, batch.is_new_start) == (units[6:], True)
    assert pending.take().units == []


def test_what_follows_without_a_break_goes_on_where_decoding_was() -> None:
    """Nothing is decoded twice."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"")
    starts = []
    for unit in units:
        pending.put(unit)
        starts.append(pending.take().is_new_start)
    assert starts == [True] + [False] * 11


@pytest.mark.parametrize("damaged", [0, 3])
def test_after_damage_nothing_is_kept_before_the_next_key_frame(damaged: int) -> None:
    """Pictures that lean on a damaged one are damaged."""
    units = units_of("h264")
    units[damaged].is_damaged = True
    pending = PendingUnits(H264(), b"")
    for unit in units[:6]:
        pending.put(unit)
    assert pending.take().units == []
    assert pending.is_holding
    pending.put(units[6])
    assert pending.take().units == [units[6]]


def test_what_waits_is_bounded_in_bytes() -> None:
    """A camera may never send a second key frame."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"", max_bytes=sum(unit.byte_count for unit in units[:3]))
    for unit in units[:4]:
        pending.put(unit)
    assert pending.take().units == []
    assert pending.is_holding


def test_parameter_sets_are_remembered_for_key_frames_without() -> None:
    """A camera may send them once, or in its description only."""
    units = units_of("h264")
    sets = H264().parameter_sets(units[0].payloads)
    bare = AccessUnit(1, [payload for payload in units[6].payloads if payload[0] & 31 == 28])
    pending = PendingUnits(H264(), sets)
    pending.put(bare)
    batch = pending.take()
    frame = Decoder("h264").decode(batch.parameter_sets + H264().assemble(batch.units[0].payloads))
    assert frame is not None


def test_odd_sizes_and_other_formats_are_shown_too() -> None:
    """By way of BGR."""
    import av  # noqa: PLC0415 only here

    for width, height, name in (
        (641, 361, "yuv420p"),
        (640, 360, "yuv420p10le"),
        (640, 360, "yuv444p"),
        (640, 360, "gray"),
    ):
        frame = av.VideoFrame(width, height, name)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        picture = picture_of(frame)
        assert (picture.width, picture.height) == (width, height)
        assert cv2.imdecode(np.frombuffer(picture.to_jpeg(80), np.uint8), cv2.IMREAD_COLOR) is not None


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
    track = choose_track(DESCRIPTION.format(kind=97, control="trackID=2", lines=lines), "rtsp://host/camera?a=1")
    assert (track.payload_type, track.payload_format.codec) == (97, "hevc")
    assert track.control_url == "rtsp://host/camera?a=1/trackID=2"
    assert track.parameter_sets == b"\0\0\0\1\x40\1\0\0\0\1\x42\1\0\0\0\1\x44\1"
    jpeg = choose_track(DESCRIPTION.format(kind=26, control="rtsp://host/x", lines=""), "rtsp://host/camera/")
    assert (jpeg.payload_type, jpeg.payload_format.codec, jpeg.control_url) == (26, "mjpeg", "rtsp://host/x")
