"""What a camera's statuses say of it, and why it may give no picture."""

from datetime import UTC, datetime

import pytest

from services.archiver.capture.camera_presence import CameraPresence, MissReason
from services.archiver.capture.slots import Slot
from services.archiver.db.models import ArchiveCamera
from shared.bus.status import CameraState
from tests.archiver.capture.clock import FakeClock
from tests.support.bus import status_of

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
HOUR_START = int(AT.timestamp()) - 5 * 60


def heard(state: CameraState, time: FakeClock, last_error: str | None = None) -> CameraPresence:
    presence = CameraPresence("camera_1", time.clock, time.clock.monotonic, time.clock.monotonic)
    sent_at_ns = time.clock.utc_ns()
    presence.hear(
        status_of("camera_1", state, last_error=last_error, capture_interval_seconds=3600, sent_at_ns=sent_at_ns)
    )
    return presence


def test_a_live_camera_has_no_reason_to_give_no_picture() -> None:
    """Its running slot follows from its interval and this host's clock."""
    presence = heard(CameraState.LIVE, FakeClock(AT))
    assert presence.miss_reason() is None
    assert presence.running_slot() == Slot(HOUR_START, 3600)


@pytest.mark.parametrize("state", [CameraState.OFFLINE, CameraState.FROZEN, CameraState.UNAUTHORIZED])
def test_a_camera_that_does_not_stream_says_why(state: CameraState) -> None:
    """In a text that PostgreSQL can store."""
    presence = heard(state, FakeClock(AT), "no\0 route")
    assert presence.miss_reason() == MissReason(f"camera {state}", "no route")


@pytest.mark.parametrize("state", [CameraState.DISABLED, CameraState.REMOVED])
def test_a_camera_that_is_disabled_or_removed_has_no_running_slot(state: CameraState) -> None:
    """So it can miss none."""
    assert heard(state, FakeClock(AT)).running_slot() is None


def test_a_silent_camera_is_not_reported_or_ingest_is_unreachable() -> None:
    """It depends on whether other cameras still send statuses."""
    time = FakeClock(AT)
    silence = [0.0]
    presence = CameraPresence("camera_1", time.clock, time.clock.monotonic, lambda: silence[0])
    presence.hear(status_of("camera_1", CameraState.LIVE, sent_at_ns=time.clock.utc_ns()))
    time.advance(6)
    assert presence.miss_reason() == MissReason("camera not reported")
    silence[0] = 6.0
    assert presence.miss_reason() == MissReason("ingest unreachable")


def test_a_remembered_camera_has_its_slots_before_any_status_comes_and_is_forgotten_after_a_week() -> None:
    """Its missed slots become gaps until then."""
    time = FakeClock(AT)
    known = ArchiveCamera(
        key="camera_1", name="Porch", interval_seconds=3600, settled_until=0, heard_at=AT, watched=True
    )
    presence = CameraPresence("camera_1", time.clock, time.clock.monotonic, lambda: None, known)
    assert (presence.name, presence.running_slot()) == ("Porch", Slot(HOUR_START, 3600))
    assert presence.miss_reason() == MissReason("ingest unreachable")
    time.advance(7 * 24 * 3600)
    assert not presence.is_forgotten
    time.advance(1)
    assert presence.is_forgotten
