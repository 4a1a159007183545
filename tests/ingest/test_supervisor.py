"""All cameras of an ingest: real processes behind one real address; what happens to one never happens to another."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from services.ingest import worker
from services.ingest.cameras_file import FileWatch, read_cameras_file
from services.ingest.settings import CameraSettings
from services.ingest.supervisor import Station
from services.ingest.worker import CameraWorker
from shared.bus.frames import Frame, decode_frame
from shared.bus.status import CameraState, CameraStatus, decode_status
from shared.clock import Clock
from tests.support.ports import free_port
from tests.support.services import ROOT, ServiceProcess
from tests.support.waiting import wait_until

TWO = "[[camera]]\ndevice_key = 'one'\n\n[[camera]]\ndevice_key = 'two'\ncapture_interval = 60\n"


class Listener:
    """A plain ZeroMQ subscriber that remembers the newest status and frame of each camera."""

    def __init__(self, address: str, *topics: str) -> None:
        self.statuses: dict[str, CameraStatus] = {}
        self.frames: dict[str, Frame] = {}
        self.states: dict[str, list[CameraState]] = {}
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(address)
        for topic in ("status/", *topics):
            self._socket.subscribe(topic)

    def hear(self) -> None:
        """What has come, and no more: cameras never fall silent."""
        for _ in range(100):
            if not self._socket.poll(0):
                break
            parts = self._socket.recv_multipart()
            if parts[0].startswith(b"status/"):
                status = decode_status(parts)
                self.statuses[status.camera] = status
                self.states.setdefault(status.camera, []).append(status.state)
            else:
                frame = decode_frame(parts)
                self.frames[frame.camera_key] = frame

    def state(self, camera_key: str) -> str | None:
        self.hear()
        return self.statuses[camera_key].state.value if camera_key in self.statuses else None

    def sequence(self, camera_key: str) -> int:
        self.hear()
        return self.frames[camera_key].sequence if camera_key in self.frames else -1

    def close(self) -> None:
        self._context.destroy(linger=0)


class Running:
    """A station on a thread of the test's, with a cameras file that the test writes."""

    def __init__(self, directory: Path, content: str) -> None:
        self.path = directory / "cameras.toml"
        self.path.write_text(content)
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.watch = FileWatch(self.path, Clock())
        self.station = Station(
            read_cameras_file(self.path), self.address, lambda: read_cameras_file(self.path), self.watch.has_changed
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.station.run, args=(self._stop,))
        self._thread.start()

    def rewrite(self, content: str) -> None:
        self.path.write_text(content)
        self.watch.hang_up()

    def pid(self, camera_key: str) -> int:
        pid = self.station._processes[camera_key].pid
        assert pid is not None
        return pid

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.station.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, TWO)
    yield made
    made.stop()


@pytest.fixture
def listener(running: Running) -> Iterator[Listener]:
    made = Listener(running.address, "frame/one/320/", "frame/two/320/")
    try:
        wait_until(lambda: min(made.sequence("one"), made.sequence("two")) > 0, "both cameras deliver", 60)
        yield made
    finally:
        made.close()


def test_cameras_meet_behind_one_address_in_the_files_order(listener: Listener) -> None:
    """The first is the default; each says its own interval."""
    one, two = listener.statuses["one"], listener.statuses["two"]
    assert (one.order, one.is_default, one.capture_interval_seconds) == (0, True, 3600)
    assert (two.order, two.is_default, two.capture_interval_seconds) == (1, False, 60)


def test_a_camera_whose_process_is_killed_comes_back_and_the_other_notices_nothing(
    running: Running, listener: Listener
) -> None:
    """In between its status says what happened."""
    other = running.pid("two")
    last_of_other = listener.sequence("two")
    os.kill(running.pid("one"), signal.SIGKILL)
    wait_until(lambda: listener.state("one") == "offline", "the death is told")
    assert "SIGKILL" in (listener.statuses["one"].last_error or "")
    wait_until(lambda: listener.state("one") == "live", "it is started again", 60)
    assert running.pid("two") == other
    assert listener.sequence("two") > last_of_other
    assert set(listener.states["two"]) <= {CameraState.LIVE, CameraState.IDLE, CameraState.CONNECTING}


def test_a_process_that_hangs_is_replaced(
    running: Running, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is taken for a hang."""
    monkeypatch.setattr(worker, "SILENCE_SECONDS", 2.0)
    hanging = running.pid("one")
    os.kill(hanging, signal.SIGSTOP)
    wait_until(lambda: listener.state("one") == "offline", "the hang is told", 30)
    wait_until(lambda: listener.state("one") == "live", "another takes over", 60)
    assert running.pid("one") != hanging


def test_a_changed_file_touches_only_the_cameras_that_changed(running: Running, listener: Listener) -> None:
    """One changes, one stays; a new one appears, and one taken out is told to be forgotten."""
    one, two = running.pid("one"), running.pid("two")
    running.rewrite(TWO.replace("60", "30") + "\n[[camera]]\ndevice_key = 'three'\nenabled = false\n")
    wait_until(lambda: listener.state("three") == "disabled", "the new one is heard of")
    wait_until(lambda: listener.statuses["two"].capture_interval_seconds == 30, "the change is in force", 60)
    assert running.pid("one") == one
    assert running.pid("two") != two
    running.rewrite("[[camera]]\ndevice_key = 'one'\n")
    wait_until(lambda: listener.state("two") == listener.state("three") == "removed", "the removal is told")
    assert running.pid("one") == one


def test_a_new_order_is_told_and_touches_no_camera(running: Running, listener: Listener) -> None:
    """The first is the default; to move a table costs nobody a connection."""
    pids = running.pid("one"), running.pid("two")
    first, second = TWO.split("\n\n")
    running.rewrite(f"{second}\n{first}\n")
    wait_until(lambda: bool(listener.state("two")) and listener.statuses["two"].is_default, "the other is the first")
    wait_until(lambda: bool(listener.state("one")) and listener.statuses["one"].order == 1, "and this the second")
    assert (running.pid("one"), running.pid("two")) == pids


def test_a_process_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine short of memory for a moment loses one camera for that moment, and no other."""
    now = 0.0
    process = CameraWorker(CameraSettings(), 0, "ipc:///nowhere", Clock(monotonic=lambda: now))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    with monkeypatch.context() as short:
        short.setattr("services.ingest.worker.subprocess.Popen", refuse)
        assert process.tend(), "its status has changed"
        assert not process.tend(), "not at once again"
    status = process.status()
    assert status is not None
    assert (status.state, process.pid) == (CameraState.OFFLINE, None)
    assert "Cannot allocate memory" in (status.last_error or "")
    now = 2.0
    assert not process.tend()
    assert process.pid is not None
    process.begin_stop()
    process.finish_stop(10)


def test_a_file_with_a_mistake_changes_nothing_and_is_said(running: Running, listener: Listener) -> None:
    """Every camera's status names file, camera and key, until the file is right again."""
    pids = running.pid("one"), running.pid("two")
    running.rewrite(TWO.replace("60", "'often'"))
    wait_until(lambda: bool(listener.state("one") and listener.statuses["one"].notices), "the mistake is said")
    assert f"{running.path}: camera 'two': capture_interval is 'often'" in listener.statuses["one"].notices[0]
    running.rewrite(TWO)
    wait_until(lambda: bool(listener.state("one")) and not listener.statuses["one"].notices, "all is well again")
    assert (running.pid("one"), running.pid("two")) == pids


def test_a_file_that_is_rewritten_is_noticed_without_a_signal(tmp_path: Path) -> None:
    """An editor saves and nobody has to know of signals; looking is cheap and seldom."""
    now = 0.0
    path = tmp_path / "cameras.toml"
    path.write_text("1")
    watch = FileWatch(path, Clock(monotonic=lambda: now))
    path.write_text("1, and more")
    assert not watch.has_changed()
    now = 1.0
    assert watch.has_changed()
    now = 2.0
    assert not watch.has_changed()


def test_cameras_end_with_ingest_however_it_ends(tmp_path: Path) -> None:
    """No orphan keeps a camera's only connection."""
    environment = {"BUS_BIND": f"tcp://127.0.0.1:{free_port()}"}
    ingest = ServiceProcess("services.ingest", environment, tmp_path / "log")
    children = Path(f"/proc/{ingest.pid}/task/{ingest.pid}/children")
    wait_until(lambda: bool(children.read_text().split()), "the camera's process runs")
    camera = int(children.read_text().split()[0])
    ingest.signal(signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{camera}").exists(), "the camera's process ends")
    ingest.stop()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[camera]]\ndevice_key = 'door'\nfps = 0\n", "camera 'door': fps is '0' but must be a number above 0"),
        ("[[camera]]\nfps = 5\n", "camera 1: device_key is missing"),
        ("[[camera]]\ndevice_key = 'door'\nfsp = 5\n", "camera 'door': 'fsp' is unknown"),
        (
            "[[camera]]\ndevice_key = 'a'\n[[camera]]\ndevice_key = 'a'\n",
            "camera 'a': device_key must be a key of its own",
        ),
        ("[camera]\ndevice_key = 'a'\n", "[[camera]] tables, with two brackets"),
        ("camera = 'a", "is not valid TOML"),
        ("", "must hold 1 to 200 [[camera]] tables"),
        ("[[camera]]\ndevice_key = 'a'\nrtsp_password_file = '/no/such'\n", "rtsp_password_file is '/no/such'"),
        ("[[camera]]\ndevice_key = 'a'\nrtsp_url = 'rtps://u:s3cret@h/x'\n", "rtsp_url is 'rtps://***@h/x'"),
    ],
)
def test_a_file_that_cant_be_used_at_the_start_is_one_line_and_code_2(
    tmp_path: Path, content: str, complaint: str
) -> None:
    """It names the file, the camera and the key."""
    path = tmp_path / "cameras.toml"
    path.write_text(content)
    result = subprocess.run(
        [sys.executable, "-m", "services.ingest"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "CAMERAS_FILE": str(path), "BUS_BIND": f"tcp://127.0.0.1:{free_port()}"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"{path}")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.stderr


def test_the_example_file_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies it starts with something that works."""
    monkeypatch.setattr("services.ingest.cameras_file.read_secret_file", lambda _name, _path: "password")
    cameras = read_cameras_file(ROOT / "cameras.example.toml")
    assert [camera.device_key for camera in cameras] == ["greenhouse", "printer", "garden"]
    assert cameras[0].rtsp_password is not None
    assert isinstance(cameras[1], CameraSettings)
    assert cameras[1].offered_widths == (320,)
