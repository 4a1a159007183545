"""Cameras that are taken over, in a real ingest with real pictures: what they can't do, and that the pictures come."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from services.ingest.sandbox import landlock
from services.ingest.settings import CameraSettings
from services.ingest.worker_main import files_of
from shared.bus.frames import decode_frame
from shared.bus.status import decode_status
from shared.control.local import ask_here
from tests.ingest.sandbox.attacks import PORTS_SINCE, SCOPES_SINCE, results_in
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

SECRET = "s3cret of the owner"  # noqa: S105 a secret of the test's own
REFUSED = {"Permission denied", "Operation not permitted"}
pytestmark = [
    pytest.mark.camera,
    pytest.mark.skipif(landlock.absence() is not None, reason=f"no sandbox here: {landlock.absence()}"),
]


def certificate(directory: Path) -> Path:
    """Key and certificate of a camera, signed by itself, in one file; beside it `camera.crt`, the certificate alone."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=camera -addext subjectAltName=DNS:localhost"
    files = "-keyout", "key", "-out", "camera.crt"
    subprocess.run([*command.split(), *files], check=True, capture_output=True, cwd=directory)
    both = directory / "camera.pem"
    both.write_bytes((directory / "camera.crt").read_bytes() + (directory / "key").read_bytes())
    return both


def video(path: Path) -> Path:
    source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10", "-frames:v", "20", "-c:v", "libx264"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, str(path)], check=True)
    return path


class House:
    """An ingest whose cameras have all taken their processes over. Their files stand beside the owner's."""

    def __init__(self, directory: Path, camera: RtspCamera, **environment: str) -> None:
        self.directory = directory
        self.camera = camera
        self.cameras_file = directory / "cameras.toml"
        self.password_file, self.key_file = directory / "door.password", directory / "page.password"
        self.password_file.write_text(SECRET)
        self.key_file.write_text(SECRET)
        self.video = video(directory / "garden.mp4")
        overlay = "overlay = '{name} {time}'\ntime_zone = 'Asia/Tokyo'\n"
        self.cameras_file.write_text(
            f"[[camera]]\ndevice_key = 'garden'\nrtsp_url = '{self.video}'\n{overlay}"
            f"[[camera]]\ndevice_key = 'door'\nrtsp_url = '{camera.url.replace('127.0.0.1', 'localhost')}'\n"
            f"rtsp_ca_file = '{directory}/camera.crt'\n"
            f"rtsp_password_file = '{self.password_file}'\nrtsp_username = 'viewer'\n"
            "[[camera]]\ndevice_key = 'demo'\n"
        )
        (directory / "program.py").write_text("pass\n")
        (directory / "program.py").chmod(0o640)
        self.bus = f"tcp://127.0.0.1:{free_port()}"
        self.process = ServiceProcess(
            "tests.ingest.sandbox.ingest_with_attackers",
            {
                "BUS_BIND": self.bus,
                "BUS_CONTROL": f"tcp://127.0.0.1:{free_port()}",
                "OWNER_DIR": str(directory / "owner"),
                "CAMERAS_FILE": str(self.cameras_file),
                "OPERATOR_PASSWORD_FILE": str(self.key_file),
                **environment,
            },
            directory / "log",
        )
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(self.bus)
        self._socket.subscribe("status/")
        for key in ("garden", "door", "demo"):
            self._socket.subscribe(f"frame/{key}/320/")
        self.states: dict[str, str] = {}
        self.frames: dict[str, int] = {}

    def all_have_attacked(self) -> bool:
        output = self.process.output()
        assert "Traceback" not in output, output
        return len(results_in(output)) == 3

    def hear(self) -> None:
        while self._socket.poll(0):
            parts = self._socket.recv_multipart()
            if parts[0].startswith(b"status/"):
                status = decode_status(parts)
                self.states[status.camera] = f"{status.state.value} {status.last_error or ''}"
            else:
                frame = decode_frame(parts)
                self.frames[frame.camera_key] = self.frames.get(frame.camera_key, 0) + 1

    def all_show(self, *cameras: str) -> bool:
        """Whether a picture of each has come since the frames were forgotten."""
        self.hear()
        return all(self.frames.get(camera) for camera in cameras)

    def close(self) -> None:
        self._context.destroy(linger=0)
        self.process.stop()


@pytest.fixture(scope="module", params=["forked", "spawned"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("house")
    pair = certificate(directory)
    with RtspCamera(tls_certificate=pair, username="viewer", password=SECRET) as camera:
        made = House(directory, camera, **({"SPAWNS": "1"} if request.param == "spawned" else {}))
        try:
            wait_until(made.all_have_attacked, "all have attacked", 50)
            yield made
        finally:
            made.close()


@pytest.fixture(scope="module")
def results(house: House) -> dict[str, dict[str, Any]]:
    return results_in(house.process.output())


def test_pictures_come_all_the_same(house: House) -> None:
    """Over TLS with a certificate beside private files, of a name that is looked up, with a text in a zone's time."""
    wait_until(lambda: house.all_show("garden", "door", "demo"), f"all cameras show something: {house.states}", 60)


def test_nothing_of_the_owners_is_read(results: dict[str, dict[str, Any]]) -> None:
    for camera, tried in results.items():
        reads = {name: result for name, result in tried.items() if name.startswith(("read", "list", "copy"))}
        for needed in ("read cameras.toml", "read access.json", "read control.key", "read door.password"):
            assert needed in reads
        assert reads["read page.password"] == "Permission denied"
        assert {name: result for name, result in reads.items() if result not in REFUSED} == {}, camera


def test_memory_and_descriptors_of_ingest_and_of_other_cameras_are_out_of_reach(
    results: dict[str, dict[str, Any]],
) -> None:
    """Each camera has a sandbox of its own, so one can't look into another."""
    for camera, tried in results.items():
        looks = {name: result for name, result in tried.items() if " ingest" in name or " child " in name}
        assert len(looks) >= 13, camera
        assert {name: result for name, result in looks.items() if result not in REFUSED} == {}, camera
    assert any("trace child 1" in tried for tried in results.values()), "another camera, or the template"


def test_ingest_does_not_do_what_it_asks(house: House, results: dict[str, dict[str, Any]]) -> None:
    """Whoever has the key is answered meanwhile."""
    for tried in results.values():
        assert "read control.key" in tried["ask"]
        assert tried["ask without a key"].startswith("not_allowed: Whoever asks at this file")
        assert tried["ask with a key that is none"].startswith("not_allowed: Whoever asks at this file")
    assert ask_here(house.directory / "owner/control.sock", "overview")["no_sandbox"] is None
    assert '"what": "control request without the key of the socket file"' in house.process.output()


def test_it_changes_nothing_and_starts_nothing(house: House, results: dict[str, dict[str, Any]]) -> None:
    """Code that it changed would run as ingest at the next start, and a port could be another service's."""
    names = ["change", "cut", "add", "rename", "delete", "write", "start", "start"]
    names += ["bare", "bare", "bare", "give", "date", "mark"]
    names += ["open"] * (landlock.version() >= PORTS_SINCE) + ["connect"] * (landlock.version() >= SCOPES_SINCE)
    for camera, tried in results.items():
        changes = {name: result for name, result in tried.items() if name.partition(" ")[0] in names}
        assert len(changes) == len(names)
        assert {name: result for name, result in changes.items() if result not in REFUSED} == {}, camera
    assert (house.directory / "program.py").read_text() == "pass\n"
    assert (house.directory / "program.py").stat().st_mode & 0o777 == 0o640


def test_it_reads_its_own_files_alone(house: House, results: dict[str, dict[str, Any]]) -> None:
    assert results["garden"]["own"] == {str(house.video): "done"}
    assert results["door"]["own"] == {str(house.directory / "camera.crt"): "done"}


def test_ingest_lives(house: House) -> None:
    assert house.process.is_running()


def test_no_thread_was_left_outside(results: dict[str, dict[str, Any]]) -> None:
    """Only the one that enters, and those that it starts later, are in the sandbox."""
    assert [tried["threads"] for tried in results.values()] == [1, 1, 1]


def test_a_certificate_that_is_replaced_is_read_after_the_next_failure(house: House) -> None:
    """What stands in another file's place is out of reach in the sandbox that knew that one. So the process ends."""
    wait_until(lambda: house.all_show("door"), "the camera shows something", 60)
    old, new = house.directory / "camera.crt", house.directory / "new.crt"
    new.write_bytes(old.read_bytes())
    new.replace(old)
    house.camera.restart()
    wait_until(lambda: "that the camera needs was replaced" in house.process.output(), "it is noticed", 60)
    house.hear()
    house.frames.clear()
    wait_until(lambda: house.all_show("door", "garden", "demo"), "all show something again", 60)


def test_files_of_a_small_stream_are_its_own_too(tmp_path: Path) -> None:
    for name in ("large.mp4", "small.mp4", "ca.pem"):
        (tmp_path / name).touch()
    settings = CameraSettings.model_validate(
        {
            "rtsp_url": str(tmp_path / "large.mp4"),
            "rtsp_url_small": str(tmp_path / "small.mp4"),
            "rtsp_ca_file": tmp_path / "ca.pem",
        }
    )
    assert [path.name for path in files_of(settings)] == ["large.mp4", "small.mp4", "ca.pem"]
