"""The file of a recorded exchange is read as it was written, and anything else is refused."""

import gzip
import io
import json

import pytest

from services.ingest.recording.recorder import MAX_BYTES, OPENING_BYTES, OPENINGS_BYTES, Recorder
from services.ingest.recording.recording import MAX_TEXT_BYTES, Event, Recording, RecordingError

RECORDING = Recording(
    ("rtsp", "udp"),
    (Event(0, 0, "sent", b"OPTIONS"), Event(12, 1, "received", b"\x80\0"), Event(30, 0, "ended", b"")),
    {"outcome": "Pictures came."},
)


def packed(*values: object) -> io.BytesIO:
    return io.BytesIO(gzip.compress("\n".join(map(json.dumps, values)).encode()))


def test_a_recording_is_read_as_it_was_written() -> None:
    """Its first line says what it is."""
    file = io.BytesIO()
    RECORDING.write(file)
    file.seek(0)
    assert Recording.read(file) == RECORDING
    assert gzip.decompress(file.getvalue()).startswith(b'{"framecast_recording": 1, ')


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b""),
        io.BytesIO(b"not gzip"),
        packed("a word"),
        packed({"framecast_recording": 2, "connections": [], "facts": {}}),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": {}}, [0, 1, "sent", ""]),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": {}}, [0, 0, "sung", ""]),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": {}}, [0, 0, "sent", "§"]),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": {}}, [0, 0.5, "sent", ""]),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": {}}, [float("inf"), 0, "sent", ""]),
        packed({"framecast_recording": 1, "connections": ["rtsp"], "facts": 3}, [0, 0, "sent", ""]),
        io.BytesIO(gzip.compress(b"[" * 100_000)),
        io.BytesIO(gzip.compress(bytes(MAX_TEXT_BYTES + 1))),
    ],
)
def test_what_is_no_recording_is_refused(file: io.BytesIO) -> None:
    """It comes from somewhere on the Internet."""
    with pytest.raises(RecordingError):
        Recording.read(file)


def test_the_recorder_keeps_the_beginning_within_a_time_and_a_size() -> None:
    """The file is to be sent."""
    now = [100.0]
    recorder = Recorder(monotonic=lambda: now[0])
    hear = recorder.connected("rtsp")
    now[0] += 1.5
    hear("sent", b"OPTIONS")
    recorder.end_after(5)
    now[0] += 5.1
    hear("received", b"late")
    assert recorder.events == [Event(1500, 0, "sent", b"OPTIONS")]
    recorder.end_after(5)
    hear("received", bytes(MAX_BYTES))
    hear("received", b"more")
    assert (len(recorder.events), recorder.is_cut) == (1, True)


def test_a_connection_that_begins_when_the_size_is_reached_is_kept_in_its_beginning() -> None:
    """A camera that sent a stream, and is then asked in another way."""
    recorder = Recorder(max_bytes=10_000)
    first = recorder.connected("rtsp")
    for size in (9_000, 1_000, 10):
        first("received", bytes(size))
    assert (recorder.is_cut, len(recorder.events)) == (True, 1), "after a gap the stream makes no sense"
    for number in range(1, 20):
        hear = recorder.connected("rtsp")
        hear("sent", b"OPTIONS")
        hear("received", bytes(OPENING_BYTES))
        hear("received", b"late")
        if number == 1:
            assert [event.data for event in recorder.events[1:]] == [b"OPTIONS"]
    assert sum(len(event.data) for event in recorder.events) < 10_000 + OPENINGS_BYTES
