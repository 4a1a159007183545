"""Which access units are kept until somebody wants a picture."""

import pytest

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.pending_units import PendingUnits
from services.ingest.sources.rtp.h264 import H264
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
