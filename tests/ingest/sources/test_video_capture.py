"""What a camera that fails is said to have done, by real refusals over real sockets."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.ports import free_port

ROOT = Path(__file__).parents[3]
PROBE = """
import sys
from services.ingest.sources.stderr_capture import NativeLog
caught = NativeLog.capture()
from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.video_capture import VideoCaptureSource
source = VideoCaptureSource(sys.stdin.readline().strip(), secrets=("s3cret",), native_log=caught)
try:
    source.open()
except SourceUnavailableError as error:
    print(type(error).__name__, error)
"""


def failure_of(url: str) -> str:
    """The error of opening `url`, from a process of its own, since standard error is caught whole."""
    result = subprocess.run(
        [sys.executable, "-c", PROBE],
        input=url + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    assert "s3cret" not in result.stdout + result.stderr
    assert result.stderr == "", "a library's words got past us"
    return result.stdout.strip()


@contextmanager
def answering(answer: Callable[[bytes, bytes], bytes | None]) -> Iterator[int]:
    """A port whose every request gets `answer(request, its CSeq line)`; None keeps silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionError):  # the client may leave as it likes
                while request := connection.recv(4096):
                    sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
                    reply = answer(request, sequence)
                    if reply is not None:
                        connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]


def refusing(code: bytes) -> Callable[[bytes, bytes], bytes]:
    def answer(request: bytes, sequence: bytes) -> bytes:
        line = code if request.startswith(b"DESCRIBE") else b"200 OK"
        return b"RTSP/1.0 %s\r\n%s\r\nWWW-Authenticate: Basic realm=x\r\n\r\n" % (line, sequence)

    return answer


def test_refused_credentials_are_known_as_such() -> None:
    """They alone are not to be tried again soon."""
    with answering(refusing(b"401 Unauthorized")) as port:
        said = failure_of(f"rtsp://user:s3cret@127.0.0.1:{port}/cam")
    assert said.startswith("SourceUnauthorizedError The camera refused the user name or password.")
    assert "CAMERA_RTSP_PASSWORD" in said


def test_a_path_the_camera_does_not_have_is_said() -> None:
    """The commonest mistake after the password."""
    with answering(refusing(b"404 Not Found")) as port:
        said = failure_of(f"rtsp://user:s3cret@127.0.0.1:{port}/cam")
    assert said.startswith("SourceUnavailableError The camera has no stream at this path.")


def test_a_refused_connection_is_said() -> None:
    """Even where the port's number looks like an answer's code."""
    said = failure_of(f"rtsp://user:s3cret@127.0.0.1:{free_port()}/cam")
    assert said.startswith("SourceUnavailableError The camera's address refuses connections.")


def test_a_host_that_nobody_knows_is_said() -> None:
    """Told apart from a camera that is off."""
    assert "host name is not known" in failure_of("rtsp://user:s3cret@camera.invalid/cam")


@pytest.mark.parametrize("answer", [refusing(b"500 Out of s3cret")])
def test_any_other_refusal_is_said_in_the_cameras_words_without_secrets(
    answer: Callable[[bytes, bytes], bytes],
) -> None:
    """A camera may even echo the password."""
    with answering(answer) as port:
        said = failure_of(f"rtsp://user:s3cret@127.0.0.1:{port}/cam")
    assert said.startswith("SourceUnavailableError The camera's stream can't be opened. FFmpeg says:")
    assert "500" in said


def test_a_camera_that_accepts_and_says_nothing_is_given_up_in_five_seconds() -> None:
    """FFmpeg's own patience is thirty."""
    with answering(lambda _request, _sequence: None) as port:
        assert "does not answer" in failure_of(f"rtsp://user:s3cret@127.0.0.1:{port}/cam")
