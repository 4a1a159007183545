"""GStreamer's packets become access units, also if packets are lost, late, doubled or badly marked."""

import pytest

from services.ingest.decoding.access_unit import MAX_UNIT_BYTES
from services.ingest.sources.rtp.assembler import Assembler
from tests.ingest.sources.rtp.recorded import (
    FORMATS,
    assembled,
    has_marker,
    packet,
    recorded,
    without_marker,
)

NAMES = ("h264", "h265", "jpeg")
SLICE, LATER_SLICE, SPS = b"\x41\x9a\0", b"\x41\x1a\0", b"\x67\x42\0"


@pytest.mark.parametrize("name", NAMES)
def test_an_access_unit_ends_at_its_marker(name: str) -> None:
    """Not at the next unit's first packet, which comes a whole picture later."""
    packets = recorded(name)
    units, assembler = assembled(name, packets)
    assert len(units) == 12
    assert sum(len(unit.payloads) for unit in units) == len(packets)
    assert not any(unit.is_damaged for unit in units)
    assert assembler.lost == 0


@pytest.mark.parametrize("name", NAMES)
def test_without_markers_a_new_time_stamp_ends_it(name: str) -> None:
    """The last one is still open then."""
    units, _ = assembled(name, map(without_marker, recorded(name)))
    assert [unit.payloads for unit in units] == [unit.payloads for unit in assembled(name, recorded(name))[0][:-1]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gone", range(36))
def test_whichever_packet_is_lost_its_picture_is_known_to_be_damaged(name: str, gone: int) -> None:
    """Every unit that counts as whole is as the camera sent it."""
    packets = recorded(name)
    units, assembler = assembled(name, packets[:gone] + packets[gone + 1 :])
    sent = [[bytes(part) for part in unit.payloads] for unit in assembled(name, packets)[0]]
    whole = [[bytes(part) for part in unit.payloads] for unit in units if not unit.is_damaged]
    if 0 < gone < len(packets) - 1:
        assert assembler.lost == 1
        assert any(unit.is_damaged for unit in units)
        assert all(unit in sent for unit in whole)


def test_losing_a_jpegs_last_packet_leaves_the_next_one_whole() -> None:
    """Its first fragment says that it is the first."""
    packets = recorded("jpeg")
    end = next(index for index, data in enumerate(packets) if has_marker(data))
    units, _ = assembled("jpeg", packets[:end] + packets[end + 1 :])
    assert [unit.is_damaged for unit in units] == [True] + [False] * 11


def test_numbers_begin_anew_after_65535() -> None:
    """Every camera gets there within minutes."""
    units, assembler = assembled("h264", (packet(65_530 + n, n, SLICE, marker=True) for n in range(12)))
    assert (len(units), assembler.lost) == (12, 0)
    assert assembler.highest == 65536 + 5


@pytest.mark.parametrize("is_lossless", [True, False], ids=["TCP", "UDP"])
def test_a_packet_that_comes_twice_counts_once(is_lossless: bool) -> None:
    """Wi-Fi repeats, and so do some cameras."""
    twice = (data for data in recorded("h264") for _ in range(2))
    units, assembler = assembled("h264", twice, is_lossless=is_lossless)
    assert (len(units), assembler.lost) == (12, 0)
    assert [unit.payloads for unit in units] == [unit.payloads for unit in assembled("h264", recorded("h264"))[0]]


def test_a_camera_that_counts_anew_is_followed() -> None:
    """It may restart without closing the connection. Its new packets must not count as late for ever."""
    packets = [packet(40_000 + n, n, SLICE, marker=True) for n in range(5)]
    packets += [packet(n, 100 + n, SLICE, marker=True) for n in range(60)]
    units, assembler = assembled("h264", packets)
    assert units[-1].timestamp == 159
    assert any(unit.is_damaged for unit in units)
    assert assembler.lost >= 1


def test_markers_in_the_middle_of_pictures_are_found_out() -> None:
    """Some cameras mark every slice. The first picture is given out again with the rest of it."""
    packets = []
    for picture in range(5):
        for number, payload in enumerate((SLICE, LATER_SLICE, LATER_SLICE)):
            packets.append(packet(picture * 3 + number, picture, payload, marker=True))
    units, _ = assembled("h264", packets)
    assert [len(unit.payloads) for unit in units] == [3, 3, 3, 3, 3]
    assert units[0] is units[1]
    assert [unit.is_continued for unit in units[1:]] == [True, False, False, False]
    assert not any(unit.is_damaged for unit in units)


def test_a_description_of_a_picture_waits_for_the_picture() -> None:
    """Even if it has its own marker and time stamp."""
    units, _ = assembled("h264", [packet(0, 1, SPS, marker=True), packet(1, 2, SLICE, marker=True)])
    assert [[bytes(part) for part in unit.payloads] for unit in units] == [[SPS, SLICE]]


def test_padding_extensions_and_sources_are_no_payload() -> None:
    """RFC 3550's optional parts."""
    header = packet(0, 1, b"", marker=True)
    sources, extension, padding = b"\0" * 8, b"\xbe\xde\0\1abcd", b"\0\0\3"
    units, _ = assembled("h264", [bytes([0xB2]) + header[1:] + sources + extension + SLICE + padding])
    assert [bytes(part) for part in units[0].payloads] == [SLICE]


@pytest.mark.parametrize("junk", [b"", b"\x80", b"GET / HTTP/1.1\r\n", b"\x90" + b"\xff" * 20, b"\x8f" + b"\0" * 12])
def test_anything_but_a_packet_is_left_out(junk: bytes) -> None:
    """The network may bring anything."""
    packets = recorded("h264")
    units, assembler = assembled("h264", [packets[0], junk, *packets[1:]])
    assert (len(units), assembler.lost) == (12, 0)


def test_a_picture_without_end_does_not_grow_for_ever() -> None:
    """Whatever the camera sends, memory is bounded."""
    units: list[object] = []
    assembler = Assembler(96, FORMATS["h264"](), units.append)
    piece = b"\x7c\5" + b"\1" * 60_000
    for number in range(3 * MAX_UNIT_BYTES // len(piece)):
        data = packet(number, 1, piece)
        assembler.take(data, 0, len(data))
    assert assembler._builder._unit is not None
    assert assembler._builder._unit.memory_bytes <= MAX_UNIT_BYTES + len(piece)
    assert assembler._builder._unit.is_damaged
