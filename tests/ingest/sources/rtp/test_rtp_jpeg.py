"""JPEGs over RTP: with their headers put back they show the same picture, and one with a gap never counts as whole."""

import struct

import cv2
import numpy as np
import pytest

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.jpeg import check
from services.ingest.sources.rtp.jpeg_size import announced_size
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg
from tests.ingest.pixels import pixels_of
from tests.ingest.sources.rtp.recorded import assembled, packet, recorded


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
    return np.array_equal(pixels_of(one), pixels_of(other))


def test_recorded_jpegs_are_whole() -> None:
    """GStreamer sends its tables in-band."""
    units, _ = assembled("jpeg", recorded("jpeg"))
    for unit in units:
        checked = check(RtpJpeg().assemble(unit.payloads))
        assert (checked.width, checked.height) == (64, 48)


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
    """Types 64 and 65 carry their distance."""
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
    """The offsets show it."""
    payloads = assembled("jpeg", recorded("jpeg"))[0][0].payloads
    for gone in range(len(payloads) - 1):
        with pytest.raises(DamagedUnitError):
            RtpJpeg().assemble(payloads[:gone] + payloads[gone + 1 :])


def test_tables_of_no_usual_length_are_not_kept() -> None:
    """There may be some for each of 128 qualities, of 64 KiB each."""
    jpeg_format = RtpJpeg()
    for quality in range(128, 256):
        payload = struct.pack("!I4B", 0, 0, quality, 8, 6) + b"\0\0" + struct.pack("!H", 60_000) + bytes(60_000)
        with pytest.raises(DamagedUnitError, match="tables"):
            jpeg_format.assemble([payload])
    assert not jpeg_format._tables


WIDE: tuple[int, int] = (2560, 32)


def wide(*, blocks: tuple[int, int]) -> tuple[bytes, list[bytes]]:
    """A JPEG of `WIDE`, and it as RTP sends it, with `blocks` in place of its size."""
    pixels = np.tile(np.linspace(0, 255, WIDE[0], dtype=np.uint8)[None, :, None], (WIDE[1], 1, 3))
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes()
    return jpeg, [part[:6] + bytes(blocks) + part[8:] for part in packed(jpeg, kind=1, quality=50)]


@pytest.mark.parametrize("blocks", [(0, 0), (0, 4), (2560 // 8 % 256, 4)])
def test_a_jpeg_wider_than_rtp_can_say_has_the_size_of_the_description(blocks: tuple[int, int]) -> None:
    """The header has 0, or what is left of the size."""
    jpeg, payloads = wide(blocks=blocks)
    assert same_picture(check(RtpJpeg(WIDE).assemble(payloads)).data, jpeg)


@pytest.mark.parametrize("before", [b"", b"\xab\xac\0\3" + bytes(12)], ids=["alone", "behind a recording's extension"])
@pytest.mark.parametrize("skip", [0, 2], ids=["with its start", "without its start"])
def test_a_jpeg_may_bring_its_own_headers_in_an_extension(before: bytes, skip: int) -> None:
    """As ONVIF has it. They are more certain than the description."""
    jpeg, payloads = wide(blocks=(0, 0))
    head = jpeg[skip : jpeg.index(b"\xff\xda")]
    head += b"\xff" * (-len(head) % 4)
    own = struct.pack("!HH", 0xFFD8, len(head) // 4) + head
    extension = before + own if not before else before[:2] + struct.pack("!H", 3 + len(own) // 4) + before[4:] + own
    packets = []
    for number, part in enumerate(payloads):
        data = packet(number, 5, part, marker=number == 1, kind=26)
        packets.append(data if number else bytes([0x90]) + data[1:12] + extension + data[12:])
    units, _ = assembled("jpeg", packets)
    assert [unit.is_damaged for unit in units] == [False]
    assert same_picture(check(RtpJpeg((640, 480)).assemble(units[0].payloads)).data, jpeg)


def test_a_wide_jpeg_without_a_size_anywhere_says_so() -> None:
    with pytest.raises(DamagedUnitError, match="description does not say its size"):
        RtpJpeg().assemble(wide(blocks=(0, 0))[1])


def test_extensions_of_other_kinds_are_nothing_to_a_jpeg() -> None:
    for extension in (b"\xbe\xde\0\1abcd", b"\xab\xac\0\3" + bytes(12), b"\xff\xff\0\0"):
        assert not RtpJpeg().extension_payload(extension)


@pytest.mark.parametrize(
    "attributes",
    [
        {"x-dimensions": "2560,1440"},
        {"x-dimensions": " 2560 , 1440 "},
        {"framesize": "26 2560-1440"},
        {"framesize": "26 2560x1440", "x-dimensions": "wide"},
    ],
)
def test_a_description_may_say_the_size_in_two_ways(attributes: dict[str, str]) -> None:
    assert announced_size(attributes) == (2560, 1440)


@pytest.mark.parametrize(
    "attributes",
    [{}, {"x-dimensions": "wide"}, {"x-dimensions": ""}, {"framesize": "2560-1440"}, {"framesize": "26 1"}],
)
def test_a_description_without_a_usable_size_has_none(attributes: dict[str, str]) -> None:
    assert announced_size(attributes) == (0, 0)
