"""Which access units are kept until somebody wants a picture."""

import struct
import tracemalloc

import pytest

from services.ingest.decoding.access_unit import AccessUnit, DamagedUnitError, UnitFormat
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.pending_units import PendingUnits
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from tests.ingest.sources.rtp.recorded import assembled, recorded


def units_of(name: str) -> list[AccessUnit]:
    return assembled(name, recorded(name))[0]


def test_a_key_frame_makes_what_waits_before_it_needless() -> None:
    """So a late decoder gets the newest picture and decodes at most one group of pictures."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"")
    for unit in units:
        pending.put(unit)
    batch = pending.take()
    assert (batch.units, batch.is_new_start) == (units[6:], True)
    assert pending.take().units == []


def test_units_without_a_break_continue_the_decoding() -> None:
    """Nothing is decoded twice."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"")
    starts = []
    for unit in units:
        pending.put(unit)
        starts.append(pending.take().is_new_start)
    assert starts == [True] + [False] * 11


def test_the_distance_of_key_frames_is_measured() -> None:
    """On average, for units that are read together have one time. A key frame that goes on is no second one."""
    first = units_of("h264")[0]
    pending = PendingUnits(H264(), b"")
    told = []
    for second in (10.0, 12.0, 12.0, 16.0):
        first.arrived_at = second
        pending.put(first)
        told.append(pending.key_frame_seconds)
    assert told == [None, None, pytest.approx(1.0), pytest.approx(2.0)]
    first.is_continued = True
    first.arrived_at = 16.1
    pending.put(first)
    assert pending.key_frame_seconds == pytest.approx(2.0)


@pytest.mark.parametrize("damaged", [0, 3])
def test_after_damage_nothing_is_kept_before_the_next_key_frame(damaged: int) -> None:
    """Pictures that depend on a damaged one are damaged too."""
    units = units_of("h264")
    units[damaged].is_damaged = True
    pending = PendingUnits(H264(), b"")
    for unit in units[:6]:
        pending.put(unit)
    assert pending.take().units == []
    assert pending.is_holding
    pending.put(units[6])
    assert pending.take().units == [units[6]]


def test_pending_units_are_bounded_in_bytes() -> None:
    """A camera may never send a second key frame."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"", max_bytes=sum(unit.memory_bytes for unit in units[:3]))
    for unit in units[:4]:
        pending.put(unit)
    assert pending.take().units == []
    assert pending.is_holding


def test_parameter_sets_are_remembered_for_key_frames_without() -> None:
    """A camera may send them once, or in its description only."""
    units = units_of("h264")
    sets = H264().head_of(units[0].payloads).parameter_sets
    bare = AccessUnit(1, [payload for payload in units[6].payloads if payload[0] & 31 == 28])
    pending = PendingUnits(H264(), sets)
    pending.put(bare)
    batch = pending.take()
    frame = Decoder("h264").decode(batch.parameter_sets + H264().assemble(batch.units[0].payloads))
    assert frame is not None


MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("unit_payloads", [1000, 60_000])
def test_payloads_of_one_byte_are_bounded_in_memory_not_in_bytes(
    unit_payloads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is an object of some ninety bytes: 32 MiB of them were 3 GB. They wait in one unit or in many."""
    monkeypatch.setattr("services.ingest.decoding.access_unit.MAX_UNIT_BYTES", MEBIBYTE)
    pending = PendingUnits(H264(), b"", max_bytes=MEBIBYTE)
    assembler = Assembler(96, H264(), pending.put)
    key = [b"\x65\x88", *[b"\x01"] * 60_000]
    tracemalloc.start()
    try:
        for number, payload in enumerate(key):
            mark = number % unit_payloads == 0
            packet = struct.pack("!BBHII", 0x80, 96 | mark << 7, number, number // unit_payloads, 7) + payload
            assembler.take(bytearray(packet), 0, len(packet))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * MEBIBYTE


@pytest.mark.parametrize(("unit_format", "head"), [(H264(), b"\x18"), (H265(), b"\x60\1")])
def test_a_unit_of_millions_of_nal_units_is_damaged(unit_format: UnitFormat, head: bytes) -> None:
    """An aggregation packet may hold one in each three bytes."""
    aggregate = head + b"\0\1\x01" * 20_000
    parameter_sets = head + (b"\0\1\x67" if head == b"\x18" else b"\0\2\x42\1") * 16_000
    tracemalloc.start()
    try:
        with pytest.raises(DamagedUnitError, match="too many pieces"):
            unit_format.assemble([aggregate] * 250)
        assert len(unit_format.head_of([parameter_sets] * 250).parameter_sets) < MEBIBYTE
        assert not unit_format.head_of([parameter_sets] * 250).is_key
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEBIBYTE


def test_a_key_frame_can_be_taken_alone() -> None:
    """Where there is no time for more. What follows is kept until it is clear that there is none."""
    units = units_of("h264")  # key frames are the first and the seventh
    pending = PendingUnits(H264(), b"")
    for unit in units[:3]:
        pending.put(unit)
    batch = pending.take_key()
    assert (batch.units, batch.is_new_start) == (units[:1], True)
    for unit in units[3:6]:
        pending.put(unit)
        assert pending.take_key().units == []
    for unit in units[6:]:
        pending.put(unit)
    assert pending.take_key().units == [units[6]]
    batch = pending.take()
    assert (batch.units, batch.is_new_start) == (units[7:], False), "there is time again"


def test_what_follows_a_key_frame_that_was_taken_before_is_no_key_frame() -> None:
    """Decoding must not begin in the middle."""
    units = units_of("h264")
    pending = PendingUnits(H264(), b"")
    pending.put(units[0])
    pending.take()
    pending.put(units[1])
    assert pending.take_key().units == []
