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
