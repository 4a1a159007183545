"""Cameras that pack, mark and time their NAL units oddly. What FFmpeg plays is shown."""

import struct
from itertools import count

import pytest

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.byte_stream import units_in
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from tests.ingest.sources.rtp.recorded import (
    assembled,
    fragments_of,
    packet,
    packets_of,
    pictures_of,
    recorded,
    shown,
)

BOTH = pytest.mark.parametrize("name", ["h264", "h265"])
KEY, SLICE, LATER_SLICE, SPS, PPS, SEI = (
    b"\x65\x88\0",
    b"\x41\x9a\0",
    b"\x41\x1a\0",
    b"\x67\x42\0",
    b"\x68\xee",
    b"\x06\5\1\0\x80",
)
KINDS = {
    "h264": {"delimiter": b"\x09\xf0", "filler": b"\x0c\xff\xff\x80", "end": b"\x0a", "end of stream": b"\x0b"},
    "h265": {"delimiter": b"\x46\1\x50", "filler": b"\x4c\1\xff\x80", "end": b"\x48\1", "end of stream": b"\x4a\1"},
}
FOREIGN = {
    "h264": {"0": b"\0data", "MTAP16": b"\x1adata", "FU-B": b"\x1d\x85data", "30": b"\x1edata", "31": b"\x1fdata"},
    "h265": {"PACI": b"\x64\1data", "51": b"\x66\1data", "63": b"\x7e\1data"},
}
SETS = {"h264": (7, 8), "h265": (32, 33, 34)}


def kind(name: str, nal: bytes) -> int:
    return nal[0] & 31 if name == "h264" else nal[0] >> 1 & 63


def is_set(name: str, nal: bytes) -> bool:
    return kind(name, nal) in SETS[name]


def aggregate(name: str, nals: list[bytes]) -> bytes:
    head = b"\x78" if name == "h264" else b"\x60\1"
    return head + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


@pytest.mark.parametrize(("name", "foreign"), [(name, key) for name, kinds in FOREIGN.items() for key in kinds])
def test_packets_of_unknown_kinds_are_left_out_not_the_picture(name: str, foreign: str) -> None:
    """Before the picture and between its fragments."""
    strange = FOREIGN[name][foreign]
    pictures = [
        [strange, *nals[:-1], *(one for part in fragments_of(name, nals[-1]) for one in (part, strange))]
        for nals in pictures_of(name)
    ]
    assert shown(name, packets_of(pictures)) == 12


@BOTH
def test_a_unit_of_unknown_kinds_alone_says_so(name: str) -> None:
    payloads = list(FOREIGN[name].values())[-1:]
    with pytest.raises(DamagedUnitError, match="NAL units of type"):
        (H264() if name == "h264" else H265()).assemble(payloads)


@BOTH
@pytest.mark.parametrize("what", ["delimiter", "filler", "end", "end of stream"])
@pytest.mark.parametrize("has_own_time", [True, False], ids=["own time", "picture's time"])
def test_units_without_a_picture_may_come_alone(name: str, what: str, has_own_time: bool) -> None:
    """Each in a packet of its own, marked, before or behind each picture."""
    packets, numbers = [], count()
    for number, nals in enumerate(pictures_of(name)):
        time = 9000 + number * 3600
        alone = packet(0, time - 1800 * has_own_time, KINDS[name][what], marker=True)
        picture = [packet(0, time, nal, marker=nal is nals[-1]) for nal in nals]
        packets += [alone, *picture] if what == "delimiter" else [*picture, alone]
    packets = [data[:2] + struct.pack("!H", next(numbers)) + data[4:] for data in packets]
    assert shown(name, packets) == 12


@BOTH
@pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
@pytest.mark.parametrize(
    "way", ["one packet", "fragments", "small fragments", "aggregate", "code first", "code first in fragments"]
)
def test_a_byte_stream_may_be_where_one_nal_unit_should_be(name: str, code: bytes, way: str) -> None:
    """Parameter sets and key frame with start codes between them, in any kind of packet."""
    pictures: list[list[bytes]] = []
    for nals in pictures_of(name):
        whole = code.join(nals)
        pictures.append(
            {
                "one packet": [whole],
                "fragments": fragments_of(name, whole, 400),
                "small fragments": fragments_of(name, whole, 60),
                "aggregate": [aggregate(name, [whole])],
                "code first": [code + whole],
                "code first in fragments": fragments_of(name, code + whole, 400),
            }[way]
        )
    assert shown(name, packets_of(pictures)) == 12


@BOTH
@pytest.mark.parametrize("way", ["no end", "end on each", "empty ones", "other types", "start and end"])
def test_fragments_are_put_together_by_their_beginning_alone(name: str, way: str) -> None:
    at = 1 if name == "h264" else 2
    pictures = []
    for nals in pictures_of(name):
        picture = []
        for nal in nals:
            parts = fragments_of(name, nal, 5000 if way == "start and end" else 60)
            if way == "no end":
                parts = [part[:at] + bytes([part[at] & ~0x40]) + part[at + 1 :] for part in parts]
            elif way == "end on each":
                parts = [part[:at] + bytes([part[at] | 0x40]) + part[at + 1 :] for part in parts]
            elif way == "empty ones":
                empty = parts[0][:at] + bytes([parts[0][at] & 0x3F])
                begin = parts[0][: at + 1]
                rest = parts[0][:at] + bytes([parts[0][at] & 0x7F]) + parts[0][at + 1 :]
                parts = [begin, empty, rest, *parts[1:], empty, begin[:at]]
            elif way == "other types":
                parts = parts[:1] + [part[:at] + bytes([part[at] & 0xC0 | 1]) + part[at + 1 :] for part in parts[1:]]
            picture += parts
        pictures.append(picture)
    assert shown(name, packets_of(pictures)) == 12


@BOTH
def test_empty_units_in_an_aggregate_are_left_out(name: str) -> None:
    pictures = [[aggregate(name, [b"", *nals, b"", b""])] for nals in pictures_of(name)]
    assert shown(name, packets_of(pictures)) == 12


@BOTH
@pytest.mark.parametrize("in_band", range(3))
def test_parameter_sets_may_be_half_in_the_description_and_half_in_the_stream(name: str, in_band: int) -> None:
    """Any one of them in the stream, the others in the description."""
    pictures = pictures_of(name)
    kept = SETS[name][in_band % len(SETS[name])]
    described = [nal for nal in pictures[0] if is_set(name, nal) and kind(name, nal) != kept]
    sent = [[nal for nal in nals if not is_set(name, nal) or kind(name, nal) == kept] for nals in pictures]
    assert shown(name, packets_of(sent), sets=b"".join(b"\0\0\0\1" + nal for nal in described)) == 12


@BOTH
def test_parameter_sets_may_come_once_before_a_picture_that_is_lost(name: str) -> None:
    """The next key frame needs them."""
    first, *others = pictures_of(name)
    sets = [nal for nal in first if is_set(name, nal)]
    sent = [[nal for nal in nals if not is_set(name, nal)] for nals in others]
    predicted = next(nals for nals in others if not any(is_set(name, nal) for nal in nals))
    assert shown(name, packets_of([[*sets, predicted[-1]], *sent])) == 6


@BOTH
def test_parameter_sets_may_be_repeated_before_each_slice(name: str) -> None:
    pictures = pictures_of(name)
    sets = [nal for nal in pictures[0] if is_set(name, nal)]
    assert shown(name, packets_of([[*sets, *nals] for nals in pictures])) == 12
    doubled = [SPS, PPS, KEY, SPS, PPS, b"\x65\x08\0"]
    for marks_each in (True, False):
        packets = [
            packet(6 * picture + n, picture, payload, marker=marks_each or n == 5)
            for picture in range(4)
            for n, payload in enumerate(doubled)
        ]
        units, _ = assembled("h264", packets, is_lossless=True)
        whole = [unit for unit in units if not unit.is_continued]
        assert [len(unit.payloads) for unit in whole[:2]] == [6, 6]


@pytest.mark.parametrize("marks", ["each", "last", "none"])
@pytest.mark.parametrize("slices", [1, 4])
@pytest.mark.parametrize("time", ["own", "one a picture", "constant", "backwards"])
def test_slices_headers_tell_where_a_picture_ends(marks: str, slices: int, time: str) -> None:
    """Whatever the markers and the time stamps say. The newest picture may still be open."""
    packets: list[bytes] = []
    for picture in range(8):
        payloads = [SPS, PPS, SEI, KEY] if picture % 4 == 0 else [SLICE]
        payloads += [LATER_SLICE] * (slices - 1)
        for n, payload in enumerate(payloads):
            at = {
                "own": picture * 3600 + n * 90,
                "one a picture": picture * 3600,
                "constant": 5,
                "backwards": 9000 - picture,
            }[time]
            packets.append(
                packet(
                    len(packets), at, payload, marker=marks == "each" or (marks == "last" and n == len(payloads) - 1)
                )
            )
    units, assembler = assembled("h264", packets, is_lossless=True)
    made = list({id(unit): [bytes(part) for part in unit.payloads] for unit in units}.values())
    group = [[SPS, PPS, SEI, KEY], [SLICE], [SLICE], [SLICE]] * 2
    wanted = [[*payloads, *[LATER_SLICE] * (slices - 1)] for payloads in group]
    assert made in (wanted, wanted[:-1])
    assert not any(unit.is_damaged for unit in units)
    assert not any(unit.is_continued for unit in units[2:])
    assert assembler.lost == 0


def test_parameter_sets_may_have_the_time_of_the_picture_before() -> None:
    """And a marker that ends nothing."""
    packets: list[bytes] = []
    for picture in range(6):
        if picture % 3 == 0:
            packets.append(packet(len(packets), picture * 3600 - 3600 & 0xFFFFFFFF, SPS, marker=True))
            packets.append(packet(len(packets), picture * 3600 - 3600 & 0xFFFFFFFF, PPS))
        packets.append(packet(len(packets), picture * 3600, SLICE if picture % 3 else KEY, marker=True))
    units, _ = assembled("h264", packets)
    assert [len(unit.payloads) for unit in units] == [3, 1, 1, 3, 1, 1]


@pytest.mark.parametrize("marker", [True, False])
@BOTH
def test_marks_on_all_packets_or_none_change_no_picture(name: str, marker: bool) -> None:
    packets = [data[:1] + bytes([data[1] & 0x7F | marker << 7]) + data[2:] for data in recorded(name)]
    assert shown(name, packets) == 11


def test_other_messages_may_come_before_the_recovery_point() -> None:
    """With long types and sizes, in one NAL unit, in an aggregate, or in fragments."""
    user = b"\x05" + b"\xff\x05" + bytes(range(1, 256)) + b"\1\2\3\4\5"
    long_type = b"\xff\xff\x09\x02\1\1"
    escaped = b"\x05\x04\0\0\3\1\x07"
    predicted = b"\x41\xe0\0"
    for before in (b"", user, long_type, escaped, user + long_type + escaped):
        sei = b"\x06" + before + b"\x06\x01\x84\x80"
        for payloads in ([sei], [aggregate("h264", [b"\x09\xf0", sei])], fragments_of("h264", sei, 3)):
            assert H264().head_of([*payloads, predicted]).is_key
            assert not H264().head_of([payloads[0][:2], predicted]).is_key
    assert not H264().head_of([b"\x06" + user + b"\x80", predicted]).is_key
    assert not H264().head_of([b"\x06\xff", predicted]).is_key


def test_data_partitioning_is_told() -> None:
    """FFmpeg shows nothing of it and gives no error."""
    with pytest.raises(DamagedUnitError, match="data partitioning"):
        H264().assemble([SPS, PPS, b"\x42\x88\0"])


def test_a_stream_of_start_codes_is_bounded() -> None:
    assert len(units_in(b"\0\0\1\1" * 100_000)) <= 1025
