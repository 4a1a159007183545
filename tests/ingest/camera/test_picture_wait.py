"""How long a camera may send without a clean picture, and what is said of it."""

import pytest

from services.ingest.camera.picture_wait import LONGEST_KEY_FRAME_SECONDS, PictureWait
from services.ingest.sources import SourceFacts, failure_reasons

WAITS = SourceFacts(waits_for_key_frame=True)
LOST = SourceFacts(lost_packets=7, waits_for_key_frame=True)
BROKEN = SourceFacts(notice="It can't be decoded: odd.")
UNKNOWN = SourceFacts()


@pytest.fixture
def wait() -> PictureWait:
    begun = PictureWait(stall_seconds=5, open_seconds=15)
    begun.begin(100)
    return begun


def test_nothing_is_said_before_the_camera_may_count_as_stalled(wait: PictureWait) -> None:
    """And a clean picture begins the wait anew."""
    assert not wait.is_late(104.9)
    assert wait.is_late(105)
    wait.begin(105)
    assert not wait.is_late(109)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (LOST, failure_reasons.LOST_PACKETS),
        (WAITS, f"{failure_reasons.WAITS_FOR_KEY_FRAME} It has waited for 5 s so far."),
        (BROKEN, failure_reasons.unclear("It can't be decoded: odd.")),
        (UNKNOWN, failure_reasons.NO_CLEAN_PICTURE),
    ],
)
def test_packets_are_blamed_only_if_some_were_lost(wait: PictureWait, facts: SourceFacts, words: str) -> None:
    """A wait for a key frame, and a stream that nobody can decode, are no faults of the network."""
    assert wait.is_late(106)
    assert wait.problem(facts) == words
    assert ("lost" in words) is bool(facts.lost_packets)


def test_a_wait_for_a_key_frame_tells_how_long_it_has_lasted(wait: PictureWait) -> None:
    """In steps of ten seconds: each change is logged and sent to all who watch the status."""
    told = set()
    for now in range(105, 141):
        assert wait.is_late(now)
        told.add(wait.problem(WAITS))
    waits = failure_reasons.WAITS_FOR_KEY_FRAME
    assert told == {f"{waits} It has waited for {seconds} s so far." for seconds in (5, 10, 20, 30, 40)}


def test_another_readers_turn_comes_soon_for_what_can_not_be_decoded_and_later_for_a_key_frame(
    wait: PictureWait,
) -> None:
    """A new connection begins the wait for a key frame anew, and lost packets are lost for any reader."""
    assert wait.is_hopeless(BROKEN, 105)
    assert wait.is_hopeless(UNKNOWN, 105)
    assert not wait.is_hopeless(WAITS, 114.9)
    assert wait.is_hopeless(WAITS, 115)
    assert "No key frame was found in 15 s" in wait.failure(WAITS)
    assert wait.failure(BROKEN) == wait.problem(BROKEN)
    assert not wait.is_hopeless(LOST, 1000)


def test_a_key_frame_that_no_reader_met_is_waited_for_longer(wait: PictureWait) -> None:
    """Up to two minutes, and no longer."""
    wait.lengthen()
    assert not wait.is_hopeless(WAITS, 129.9)
    assert wait.is_hopeless(WAITS, 130)
    for _ in range(9):
        wait.lengthen()
    assert wait.is_hopeless(WAITS, 100 + LONGEST_KEY_FRAME_SECONDS)
