"""`framecast record-camera`, as a person calls it."""

import io
import os
import subprocess
import sys
from pathlib import Path

from services.ingest.recording.recording import Recording
from tests.odd_cameras.camera import Camera, Link, Request, running
from tests.support.ports import free_port
from tests.support.services import ALONE

ROOT = Path(__file__).parents[2]


def record_camera(
    *arguments: str, cwd: Path, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "services.ingest.record_camera", *arguments],
        cwd=cwd,
        env={**ALONE, "PYTHONPATH": str(ROOT), **environment},
        check=False,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
    )


def test_a_camera_that_plays_is_recorded_into_a_file_named_for_it(tmp_path: Path) -> None:
    """The end says what came, where the file is, what is in it and where to send it."""
    with running(Camera()) as camera:
        done = record_camera("camera_1", cwd=tmp_path, CAMERA_RTSP_URL=camera.url)
    words = done.stderr.decode()
    assert done.returncode == 0, words
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("camera_1-")
    for told in ("Pictures came: ", "160 x 120, h264", file.name, "pictures of up to five seconds", "form 'A camera"):
        assert told in words
    with file.open("rb") as content:
        recording = Recording.read(content)
    assert recording.connections == ("rtsp",)
    assert recording.events[-1].milliseconds > 4000


class Refusing(Camera):
    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "404 Not Found")


def test_a_camera_that_fails_is_recorded_and_its_failure_told(tmp_path: Path) -> None:
    """The code says that no picture came. With - the file is standard output, which has nothing else in it."""
    with running(Refusing()) as camera:
        cameras = tmp_path / "cameras.toml"
        cameras.write_text(f'[[camera]]\ndevice_key = "door"\nrtsp_url = "{camera.url}"\n')
        done = record_camera("door", "--output", "-", cwd=tmp_path, CAMERAS_FILE="cameras.toml")
    assert done.returncode == 1
    assert "no stream at this path. Check the path in rtsp_url." in done.stderr.decode()
    (tmp_path / "out").write_bytes(done.stdout)
    with (tmp_path / "out").open("rb") as content:
        recording = Recording.read(content)
    assert "no stream at this path" in recording.facts["outcome"]
    assert b"404 Not Found" in b"".join(event.data for event in recording.events)


def test_a_camera_of_the_page_is_found_where_ingest_keeps_it(tmp_path: Path) -> None:
    with running(Refusing()) as camera:
        (tmp_path / "owner").mkdir()
        cameras = tmp_path / "owner" / "cameras.toml"
        cameras.write_text(f'[[camera]]\ndevice_key = "door"\nrtsp_url = "{camera.url}"\n')
        done = record_camera(
            "door", "--output", "-", cwd=tmp_path, BUS_CONTROL="tcp://127.0.0.1:5556", OWNER_DIR="owner"
        )
        without = record_camera("door", "--output", "-", cwd=tmp_path)
    assert "no stream at this path. Check the path in rtsp_url." in done.stderr.decode()
    assert "There is no camera 'door'" in without.stderr.decode()


class SpeaksGibberish(Camera):
    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "551 What")


def test_a_person_who_records_is_not_told_to_record(tmp_path: Path) -> None:
    """The words are ingest's own otherwise."""
    with running(SpeaksGibberish()) as camera:
        done = record_camera("camera_1", cwd=tmp_path, CAMERA_RTSP_URL=camera.url)
    assert "551 What" in done.stderr.decode()
    assert "`framecast record-camera" not in done.stderr.decode()


UNWRITABLE = Path("/sys")
"""As a container's working directory is, for any user."""


def test_in_a_directory_that_can_not_be_written_the_file_is_what_standard_output_leads_to() -> None:
    """`docker compose exec ingest framecast record-camera camera_1 > FILE` needs no option."""
    with running(Refusing()) as camera:
        done = record_camera("camera_1", cwd=UNWRITABLE, CAMERA_RTSP_URL=camera.url)
    assert b"standard output" in done.stderr
    assert "no stream" in Recording.read(io.BytesIO(done.stdout)).facts["outcome"]


def test_in_such_a_directory_at_a_terminal_it_is_a_temporary_file_that_can_be_fetched(tmp_path: Path) -> None:
    """The words have the command: `docker compose cp` can't read a file system in memory."""
    terminal, program_side = os.openpty()
    (tmp_path / "camera_1.exchange.gz").write_text("an earlier one, which is replaced")
    with running(Refusing()) as camera:
        done = record_camera(
            "camera_1", cwd=UNWRITABLE, stdout=program_side, CAMERA_RTSP_URL=camera.url, TMPDIR=str(tmp_path)
        )
    os.close(program_side)
    os.close(terminal)
    (file,) = tmp_path.iterdir()
    assert f"docker compose exec -T ingest cat {file} > camera_1.exchange.gz\n" in done.stderr.decode()
    with file.open("rb") as content:
        assert "no stream" in Recording.read(content).facts["outcome"]


def test_what_can_not_be_recorded_is_one_line_and_code_2(tmp_path: Path) -> None:
    """And no file."""
    url = f"rtsp://127.0.0.1:{free_port()}/cam"
    (tmp_path / "taken").write_text("mine")
    refused: list[tuple[list[str], dict[str, str], str]] = [
        (["garage"], {"CAMERA_RTSP_URL": url}, "There is no camera 'garage'. There is: camera_1."),
        (["camera_1"], {}, "No camera is configured"),
        (["camera_1", "--small"], {"CAMERA_RTSP_URL": url}, "CAMERA_RTSP_URL_SMALL is not set"),
        (["camera_1"], {"CAMERA_RTSP_URL": str(tmp_path / "taken")}, "is a video file"),
        (["camera_1"], {"CAMERA_RTSP_URL": "rtsp://"}, "CAMERA_RTSP_URL is"),
        (["camera_1"], {"CAMERAS_FILE": "none.toml"}, "CAMERAS_FILE is"),
    ]
    for arguments, environment, words in refused:
        done = record_camera(*arguments, cwd=tmp_path, stdout=subprocess.PIPE, **environment)
        assert (done.returncode, done.stdout) == (2, b"")
        assert words in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
    done = record_camera("camera_1", "--output", "taken", cwd=tmp_path, CAMERA_RTSP_URL=url)
    assert done.returncode == 2
    assert "can't be written" in done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
