"""The exchange with a camera as the page saves it: by a process of its own, without a login, and never too large."""

import io
import json
import random
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from services.ingest.cameras import trials as trials_module
from services.ingest.cameras.trials import Trials
from services.ingest.recorded_attempt import TOLD_BYTES, RecordedAttempt
from services.ingest.recording.recorder import Recorder
from services.ingest.recording.recording import Recording
from services.ingest.settings import CameraSettings
from services.ingest.worker_launcher import ChildProcess
from shared.control.messages import ControlRefusedError, ControlRequest, decode_answer, done, encode_answer
from shared.settings import DEFAULT_MAX_PIXELS
from tests.ingest.cameras.page import page
from tests.ingest.cameras.test_trials import mute, settings
from tests.odd_cameras.camera import Camera, Link, Request, running
from tests.odd_cameras.guarded import FORMS, PASSWORD, USERNAME, Guarded
from tests.odd_cameras.watching import settings_of

CONVERSATION = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


def unpacked(recording: str) -> Recording:
    return Recording.read(io.BytesIO(b64decode(recording, validate=True)))


def text_of(recording: Recording, *directions: str) -> bytes:
    """All that was said, by connection and direction, with the facts."""
    joined: dict[tuple[int, str], bytes] = {}
    for event in recording.events:
        if not directions or event.direction in directions:
            way = event.connection, event.direction
            joined[way] = joined.get(way, b"") + event.data
    return b"\n".join(joined.values()) + str(dict(recording.facts)).encode()


def methods_in(recording: Recording) -> list[str]:
    """What we asked, in its order."""
    lines = text_of(recording, "sent").decode("latin-1").split("\r\n")
    return [line.split()[0] for line in lines if line.endswith(" RTSP/1.0")]


@pytest.mark.parametrize("given", ["in the address", "beside it", "kept"])
def test_no_login_is_in_the_file_wherever_it_was_given(tmp_path: Path, trials: Trials, given: str) -> None:
    """Nor the camera's address. The camera repeats both wherever it can."""
    with running(Guarded()) as camera:
        login = {"rtsp_username": USERNAME, "rtsp_password": PASSWORD}
        kept = {"device_key": "door", "rtsp_url": camera.url, **login}
        text = "[[camera]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in kept.items())
        pasted = camera.url.replace("://", f"://{quote(USERNAME)}:{quote(PASSWORD, safe='')}@")
        wanted: dict[str, dict[str, Any]] = {
            "in the address": {"settings": {"rtsp_url": pasted}},
            "beside it": {"settings": {"rtsp_url": camera.url, **login}},
            "kept": {"key": "door"},
        }
        with page(tmp_path, text, kind="file", trials=trials) as file:
            told = file.home.ask("camera_record", wanted[given], local=True)
    recording = unpacked(told["recording"])
    assert recording.facts["outcome"].startswith("Pictures came"), recording.facts
    assert methods_in(recording)[0] == "OPTIONS"
    content = text_of(recording).lower()
    assert b"describe" in content
    assert [form for form in FORMS if form.lower() in content] == []


class SaysNonsense(Camera):
    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "551 What")


def test_what_a_camera_said_that_gives_no_picture_is_in_the_file(tmp_path: Path, trials: Trials) -> None:
    """That is what it is for. The reason is the one that the test tells."""
    with running(SaysNonsense()) as camera, page(tmp_path, trials=trials) as empty:
        address = {"settings": {"rtsp_url": camera.url}}
        tried = empty.home.ask("camera_test", address, local=True)
        recording = unpacked(empty.home.ask("camera_record", address, local=True)["recording"])
    assert (tried["works"], tried["is_unclear"]) == (False, True)
    assert b"551 What" in text_of(recording, "received")
    assert "551 What" in recording.facts["outcome"]
    assert "record-camera" in recording.facts["outcome"]
    assert recording.facts["cut"] == "no"


def test_a_camera_that_says_nothing_is_recorded_until_the_time_is_over(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked has an answer in time, however long the camera may take."""
    monkeypatch.setattr(trials_module, "LONGEST_SECONDS", 25.0)
    monkeypatch.setattr(trials_module, "PACKING_SECONDS", 17.0)
    with mute() as port:
        recording = unpacked(trials.record(settings(port, open_seconds=200)))
    assert methods_in(recording) == ["OPTIONS"]
    assert "was not over" in recording.facts["outcome"]


def test_of_a_camera_that_sends_much_the_conversation_is_kept_whole() -> None:
    with running(Camera()) as camera:
        attempt = RecordedAttempt(settings_of(camera.url), max_pixels=DEFAULT_MAX_PIXELS, max_bytes=10_000)
        attempt.run(seconds=2)
        recording = attempt.recording()
    assert recording.facts["cut"] == "yes"
    assert recording.facts["outcome"].startswith("Pictures came"), recording.facts
    assert methods_in(recording)[: len(CONVERSATION)] == CONVERSATION
    assert sum(len(event.data) for event in recording.events) < 20_000


@pytest.mark.parametrize("event_bytes", [1, 160, 1_400, 60_000])
def test_the_file_fits_into_an_answer_whatever_a_camera_sends(event_bytes: int) -> None:
    """In one direction, and where each datagram is an event: of bytes that can't be packed, on many connections."""
    chance, recorder = random.Random(1), Recorder(TOLD_BYTES)  # noqa: S311 noise
    for number in range(40):
        hear = recorder.connected("udp")
        while number not in recorder.full:
            hear("received", chance.randbytes(event_bytes))
    file = io.BytesIO()
    Recording(tuple(recorder.connections), tuple(recorder.events), {"outcome": "x" * 2000}).write(file)
    result = {"recording": b64encode(file.getvalue()).decode(), "code": "framecast_" + "x" * 43}
    request = ControlRequest(id="x" * 64, do="camera_record")
    assert decode_answer(encode_answer(done(request, result))).refusal is None
    assert event_bytes == 1 or len(file.getvalue()) > TOLD_BYTES // 2, "it is bytes that can't be packed"


def test_a_camera_of_the_environment_is_recorded_as_it_is_set(tmp_path: Path, trials: Trials) -> None:
    with running(SaysNonsense()) as camera:
        own = CameraSettings.model_validate({"device_key": "door", "rtsp_url": camera.url})
        with page(tmp_path, kind="environment", camera=own, trials=trials) as only:
            told = only.home.ask("camera_record", {"key": "door"}, local=True)
            changed = only.home.refusal("camera_record", {"key": "door", "settings": {"fps": 5}}, local=True)
    assert b"551 What" in text_of(unpacked(told["recording"]))
    assert changed == "not_here"


def test_with_a_file_nothing_is_exchanged(tmp_path: Path) -> None:
    video = tmp_path / "garden.mp4"
    video.write_bytes(b"video")
    text = f'[[camera]]\ndevice_key = "film"\nrtsp_url = "{video}"\n'
    with page(tmp_path, text, kind="file") as file:
        why, _, words = file.refused("record", key="film", settings={})
    assert (why, "nothing is exchanged" in words) == ("not_here", True)


class Babbler:
    """Starts a process that tells something else than a camera's would, as one may that somebody has taken over. What
    it tells is an expression of Python's.
    """

    def __init__(self, told: str) -> None:
        self._told = told

    def is_ready(self) -> bool:
        return True

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> ChildProcess:  # noqa: ARG002
        return subprocess.Popen(
            [sys.executable, "-c", f"print({self._told})"], stdin=standard_input, stdout=standard_output
        )

    def close(self) -> None: ...


TOO_LONG = """ '{"recording": "' + "A" * 700_000 + '"}' """


@pytest.mark.parametrize("told", ["""'{"recording": 5}'""", "'[]'", "'nonsense'", "''", TOO_LONG])
def test_what_is_no_recording_is_refused(told: str) -> None:
    trials, stop = Trials(DEFAULT_MAX_PIXELS), threading.Event()

    def supervise() -> None:
        while not stop.wait(0.02):
            trials.start_waiting(Babbler(told))

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        with pytest.raises(ControlRefusedError, match="Nothing could be saved"):
            trials.record(settings(1))
    finally:
        stop.set()
        thread.join()
