"""What one wait returns of everything that a camera sent: recorded packets over a real connection."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.delivery import Delivery
from services.ingest.sources.rtsp.receiver import Receiver
from tests.ingest.sources.rtp.recorded import recorded, sequence_of
from tests.ingest.sources.rtsp.fake_camera import H264_VIDEO, fake_camera, said
from tests.support.waiting import wait_until

PICTURES = 12
SINCE_KEY_FRAME = 6


def sending_all(method: str) -> bytes:
    """Agrees to everything, and sends the twelve recorded pictures behind its answer to PLAY."""
    answer = said("200 OK", "Session: 1", body=H264_VIDEO if method == "DESCRIBE" else "")
    if method != "PLAY":
        return answer
    return answer + b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in recorded("h264"))


@contextmanager
def receiving(interrupted: threading.Event, stall_seconds: float = 30) -> Iterator[Receiver]:
    with fake_camera(sending_all) as camera:
        options = ConnectionOptions(camera.url, stall_seconds=stall_seconds, open_seconds=stall_seconds)
        with closing(
            Receiver(RtspAddress.of(options), options, Delivery("tcp"), stall_seconds, interrupted)
        ) as receiver:
            yield receiver


@pytest.fixture
def interrupted() -> threading.Event:
    return threading.Event()


def test_a_late_caller_gets_everything_at_once_and_the_newest_picture(interrupted: threading.Event) -> None:
    """A caller that encodes slowly sees fewer pictures, never older ones."""
    newest = sequence_of(recorded("h264")[-1])

    def has_all(receiver: Receiver) -> bool:
        receiver._run_loop(waits=False)
        return receiver._session.assembler.highest == newest

    with receiving(interrupted) as receiver:
        wait_until(lambda: has_all(receiver), "all packets arrive")
        assert receiver.wait(), "all of them"
        interrupted.set()
        assert not receiver.wait(), "nothing is left to wait for"
        assert len(receiver.decoder.pending.take().units) == SINCE_KEY_FRAME


def test_naps_count_each_picture(interrupted: threading.Event) -> None:
    """The rate of a camera is measured by its grabs, though they are read in batches."""
    with receiving(interrupted) as receiver:
        assert [receiver.wait_napping() for _ in range(PICTURES)] == [True] * PICTURES
        interrupted.set()
        assert not receiver.wait_napping()


@pytest.mark.parametrize("naps", [False, True])
def test_an_interrupt_before_a_wait_ends_that_wait_and_no_other(interrupted: threading.Event, naps: bool) -> None:
    """A newcomer may come between two grabs. Pictures that are there already come first."""
    with receiving(interrupted) as receiver:
        interrupted.set()
        while receiver.wait_napping() if naps else receiver.wait():
            pass
        assert not interrupted.is_set()


def test_a_process_that_stood_still_reads_before_it_calls_the_camera_silent(interrupted: threading.Event) -> None:
    """A paused container or a suspended machine: the camera went on, and its pictures wait to be read."""
    with receiving(interrupted) as receiver:
        for _ in range(PICTURES):
            receiver.wait_napping()
        receiver._unit_at -= 60
        receiver._tick_due_at -= 60
        receiver._tick()
        interrupted.set()
        assert not receiver.wait(), "it has not failed"
        receiver._tick()
        with pytest.raises(SourceUnavailableError, match="stopped sending"):
            receiver.wait()


def test_silence_ends_every_later_wait(interrupted: threading.Event) -> None:
    """The source is closed then, and opened anew."""
    with receiving(interrupted, stall_seconds=1) as receiver:
        while receiver.decoder.newest() is None:
            receiver.wait()
        receiver.drain()
        for _ in range(2):
            with pytest.raises(SourceUnavailableError, match="stopped sending"):
                receiver.wait()
