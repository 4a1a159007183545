"""Cameras whose packets' numbers, senders and types are not as the RFC wants them."""

import struct

import pytest

from services.ingest.decoding.pending_units import PendingUnits
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.h264 import H264
from tests.ingest.sources.rtp.recorded import assembled, packet, recorded, sequence_of, shown

SPS, KEY, SLICE, LATER_SLICE = b"\x67\x42\0", b"\x65\x88\0", b"\x41\x9a\0", b"\x41\x1a\0"
OURS, OTHER = 7, 99


def renumbered(data: bytes, sequence: int) -> bytes:
    return data[:2] + struct.pack("!H", sequence % 65536) + data[4:]


def resent(data: bytes, sender: int, *, sequence: int | None = None, later: int = 0) -> bytes:
    """The packet from another sender, whose clock is `later` ticks ahead."""
    number = sequence_of(data) if sequence is None else sequence % 65536
    timestamp = (int.from_bytes(data[4:8], "big") + later) % 2**32
    return data[:2] + struct.pack("!HII", number, timestamp, sender) + data[12:]


@pytest.mark.parametrize(
    "number",
    [lambda n: 0 * n, lambda n: n % 5, lambda n: 2 * n, lambda n: -n, lambda n: n * 7919],
    ids=["constant", "begins anew", "shared with sound", "backwards", "at random"],
)
def test_over_tcp_odd_numbers_are_no_loss(number: object) -> None:
    """TCP loses nothing, and FFmpeg does not look at them there."""
    assert callable(number)
    packets = [renumbered(data, number(index)) for index, data in enumerate(recorded("h264"))]
    units, assembler = assembled("h264", packets, is_lossless=True)
    assert (len(units), assembler.lost) == (12, 0)
    assert shown("h264", packets) == 12


def test_over_udp_a_missing_number_is_a_lost_packet() -> None:
    packets = [renumbered(data, 2 * index) for index, data in enumerate(recorded("h264"))]
    units, assembler = assembled("h264", packets)
    assert assembler.lost == len(packets) - 1
    assert all(unit.is_damaged for unit in units[1:])


def test_over_udp_a_whole_picture_that_is_lost_is_missed() -> None:
    """The next one is whole, but it refers to the lost one."""
    delimited = [packet(n, n, b"\x78\0\2\x09\xf0\0\3" + (KEY if n in (0, 4) else SLICE), marker=True) for n in range(6)]
    units, assembler = assembled("h264", [*delimited[:2], *delimited[3:]])
    pending = PendingUnits(H264(), b"")
    kept = []
    for unit in units:
        pending.put(unit)
        kept.append(len(pending.take().units))
    assert (kept, assembler.lost) == ([1, 1, 0, 1, 1], 1)


def test_over_tcp_a_picture_without_its_beginning_is_damaged() -> None:
    """The camera left it out, as the number shows, and so does the slice."""
    units, _ = assembled(
        "h264", [packet(0, 1, KEY, marker=True), packet(2, 2, LATER_SLICE, marker=True)], is_lossless=True
    )
    assert [unit.is_damaged for unit in units] == [False, True]


@pytest.mark.parametrize("is_lossless", [True, False], ids=["TCP", "UDP"])
@pytest.mark.parametrize("pictures", [1, 3, 6])
def test_a_camera_may_take_a_new_sender_for_each_group_of_pictures(pictures: int, is_lossless: bool) -> None:
    """Its numbers go on. For a single picture it may do so too."""
    packets, sender, count = [], 1, 0
    for data in recorded("h264"):
        packets.append(resent(data, sender))
        count += data[1] >> 7
        sender = 1 + count // pictures
    assert shown("h264", packets, is_lossless=is_lossless) == 12


@pytest.mark.parametrize("is_lossless", [True, False], ids=["TCP", "UDP"])
def test_a_new_sender_at_a_key_frame_may_begin_numbers_and_clock_anew(is_lossless: bool) -> None:
    """As after the camera's restart."""
    packets = [packet(n, n, KEY if n == 0 else SLICE, marker=True) for n in range(5)]
    packets += [packet(30_000, 2**31, SPS, sender=OTHER), packet(30_001, 2**31, KEY, marker=True, sender=OTHER)]
    units, _ = assembled("h264", packets, is_lossless=is_lossless)
    assert [unit.is_damaged for unit in units] == [False] * 6
    assert len(units[-1].payloads) == 2


@pytest.mark.parametrize("is_lossless", [True, False], ids=["TCP", "UDP"])
def test_packets_of_a_dead_session_are_left_out(is_lossless: bool) -> None:
    """They come between ours, from a sender of their own."""
    packets = [
        one
        for index, data in enumerate(recorded("h264"))
        for one in (data, packet(500 + index, 2**31 + index, SLICE, marker=True, sender=OTHER))
    ]
    assert shown("h264", packets, is_lossless=is_lossless) == 12


def test_a_dead_session_that_sends_a_key_frame_is_found_out_when_ours_goes_on() -> None:
    """Our next key frame is shown, and no later one of its pictures disturbs ours."""
    ours = recorded("h264")
    first, *later = [index for index, data in enumerate(ours) if data[1] & 0x80]
    intruder = [resent(data, OTHER, sequence=900 + n, later=2**31) for n, data in enumerate(ours[: first + 1])]
    packets = [*ours[: first + 1], *intruder, *ours[first + 1 : later[6] + 1], *intruder, *ours[later[6] + 1 :]]
    units, assembler = assembled("h264", packets, is_lossless=True)
    assert len(units) == 13
    assert [index for index, unit in enumerate(units) if unit.is_after_loss] == [2]
    assert assembler.lost == 0


def test_the_sender_that_the_camera_announced_is_ours() -> None:
    """Even if another one was heard first. A camera may announce one and send from another."""
    for promised, expected in ((OURS, 12), (12345, 0)):
        units: list[object] = []
        assembler = Assembler(96, H264(), units.append, is_lossless=True)
        assembler.promise_sender(promised)
        stray = packet(9, 2**31, b"\x41\x9a\1", sender=OTHER)
        for data in (stray, *(resent(data, OURS) for data in recorded("h264"))):
            assembler.take(data, 0, len(data))
        assert len(units) >= expected
        assert assembler.sender in (OURS, OTHER)


def test_a_sender_that_falls_silent_is_followed_by_the_one_that_goes_on() -> None:
    """Whatever it began with."""
    packets = [packet(n, n, SLICE, marker=True) for n in range(3)]
    packets += [packet(9000 + n, 2**31 + n, SLICE, marker=True, sender=OTHER) for n in range(60)]
    units, assembler = assembled("h264", packets, is_lossless=True)
    assert assembler.sender == OTHER
    assert len(units) > 20


def test_a_sender_zero_is_a_sender() -> None:
    assert shown("h264", [resent(data, 0) for data in recorded("h264")]) == 12


def test_a_padding_longer_than_the_packet_is_none() -> None:
    """Some cameras set its bit on every packet."""
    packets = [packet(n, n, KEY[:2] + b"\xfe", marker=True) for n in range(3)]
    units, _ = assembled("h264", [bytes([0xA0]) + data[1:] for data in packets])
    assert [[bytes(part) for part in unit.payloads] for unit in units] == [[KEY[:2] + b"\xfe"]] * 3


def retyped(data: bytes, kind: int) -> bytes:
    return data[:1] + bytes([data[1] & 0x80 | kind]) + data[2:]


def test_another_payload_type_than_announced_is_taken_if_nothing_else_comes() -> None:
    packets = [retyped(data, 97) for data in recorded("h264")]
    units, assembler = assembled("h264", packets)
    assert (len(units), assembler.announced_type, assembler.payload_type) == (12, 96, 97)


def test_other_payload_types_beside_the_announced_one_are_left_out() -> None:
    """Sound, for example. Its packets may come first, and look like pictures."""
    packets = recorded("h264")
    others = [
        retyped(packet(n, n, payload), kind) for n, (payload, kind) in enumerate([(SPS, 0), (b"\0\x10", 97), (SPS, 98)])
    ]
    mixed = [*others, *(one for data in packets for one in (data, retyped(data, 50), retyped(data, 98)))]
    units, assembler = assembled("h264", mixed, is_lossless=True)
    assert ([unit.is_damaged for unit in units], assembler.payload_type) == ([False] * 12, 96)
