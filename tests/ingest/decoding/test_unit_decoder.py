"""Which picture is shown: never an old one in place of a damaged one."""

import pytest

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.decoding.pictures import Picture
from services.ingest.decoding.unit_decoder import UnitDecoder
from tests.ingest.sources.rtp.recorded import FORMATS, assembled, recorded


def newest_after(pictures: UnitDecoder, unit: AccessUnit) -> Picture | None:
    pictures.pending.put(unit)
    return pictures.newest()


@pytest.mark.parametrize("loses_packets", [True, False], ids=["packets lost", "cut by the camera"])
def test_a_damaged_jpeg_is_not_made_up_for_by_the_one_before(loses_packets: bool) -> None:
    """The old one would get the current time, so a camera with only damaged pictures would be live, and archived."""
    units, _ = assembled("jpeg", recorded("jpeg"))
    good, bad, next_good = units[:3]
    if loses_packets:
        bad.is_damaged = True
    else:
        bad.payloads[-1] = bad.payloads[-1][: len(bad.payloads[-1]) // 2]
    pictures = UnitDecoder(FORMATS["jpeg"](), b"")
    shown = newest_after(pictures, good)
    assert shown is not None
    assert pictures.newest() is shown, "asked for again before the next came"
    for _ in range(3):
        assert newest_after(pictures, bad) is None
        assert pictures.newest() is None
    assert newest_after(pictures, next_good) is not None


def test_late_pictures_are_shed_to_key_frames_and_keep_their_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest key frame stays the picture until the next, and gets older all the while."""
    now = 100.0
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: now)
    units, _ = assembled("h264", recorded("h264"))  # key frames are the first and the seventh
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    for number, unit in enumerate(units):
        unit.taken_at = 96.0 + number / 10
        unit.arrived_at = unit.taken_at + 4.0
    first = newest_after(pictures, units[0])
    assert first is not None
    assert pictures.late_seconds == pytest.approx(4.0)
    for unit in units[1:6]:
        now += 0.1
        assert newest_after(pictures, unit) is first
    assert pictures.late_seconds == pytest.approx(4.5)
    second = newest_after(pictures, units[6])
    assert second is not None
    assert second is not first
    assert pictures.late_seconds == pytest.approx(now - 96.6)


def test_a_picture_that_nothing_follows_is_as_late_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera may send one every ten seconds."""
    now = 100.0
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: now)
    units, _ = assembled("h264", recorded("h264"))
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    units[0].taken_at = 99.9
    newest_after(pictures, units[0])
    now += 9
    pictures.newest()
    assert pictures.late_seconds == pytest.approx(0.1)


def test_a_newest_picture_that_waited_for_a_viewer_is_not_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a camera that sends one every ten seconds, the newest is some seconds old. That is no lateness."""
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: 108.0)
    units, _ = assembled("h264", recorded("h264"))
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    units[0].taken_at, units[0].arrived_at = 99.9, 100.0
    pictures.nothing_newer_until = 108.0
    assert newest_after(pictures, units[0]) is not None
    assert pictures.late_seconds == pytest.approx(0.1)


def test_a_picture_that_waited_for_this_computer_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that gets no CPU can't know that it has read the newest."""
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: 108.0)
    units, _ = assembled("h264", recorded("h264"))
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    units[0].taken_at, units[0].arrived_at = 99.9, 100.0
    assert newest_after(pictures, units[0]) is not None
    assert pictures.late_seconds == pytest.approx(8.1)


def test_a_key_frame_that_others_followed_was_not_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """While key frames alone are decoded, the ones behind it still wait."""
    now = 100.0
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: now)
    units, _ = assembled("h264", recorded("h264"))
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    units[0].taken_at, units[0].arrived_at = 96.0, 100.0
    newest_after(pictures, units[0])
    for unit in units[6:9]:
        unit.taken_at, unit.arrived_at = 99.9, 100.0
        pictures.pending.put(unit)
    now = pictures.nothing_newer_until = 101.0
    assert pictures.newest() is not None
    assert pictures.late_seconds == pytest.approx(1.1)


def test_after_shedding_no_group_of_pictures_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key frame that ends it is followed by its pictures, not by a hole until the next one."""
    now = 100.0
    monkeypatch.setattr("services.ingest.decoding.unit_decoder.time.monotonic", lambda: now)
    units, _ = assembled("h264", recorded("h264"))
    pictures = UnitDecoder(FORMATS["h264"](), b"")
    units[0].taken_at, units[0].arrived_at = 96.0, 100.0
    newest_after(pictures, units[0])
    now = 110.0
    for unit in units[6:]:
        unit.taken_at = unit.arrived_at = 110.0
        assert newest_after(pictures, unit) is not None
