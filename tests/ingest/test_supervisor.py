"""All cameras of an ingest: real processes behind one real address. No camera's trouble touches another camera."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from services.ingest import worker_process
from services.ingest.cameras_file import CamerasFile
from services.ingest.forking_launcher import ForkingLauncher
from services.ingest.supervisor import FOREIGN_MESSAGES, Supervisor
from shared.bus.frames import Frame, decode_frame
from shared.bus.status import CameraState, CameraStatus, decode_status
from shared.clock import Clock
from shared.settings import DEFAULT_MAX_PIXELS
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

TWO = "[[camera]]\ndevice_key = 'one'\n\n[[camera]]\ndevice_key = 'two'\ncapture_interval = 60\n"


class LoopSubscriber:
    """A plain ZeroMQ subscriber that remembers the newest status and frame of each camera."""

    def __init__(self, address: str, *topics: str) -> None:
        self.statuses: dict[str, CameraStatus] = {}
        self.frames: dict[str, Frame] = {}
        self.states: dict[str, list[CameraState]] = {}
        self.names: dict[str, set[str]] = {}
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(address)
        for topic in ("status/", *topics):
            self._socket.subscribe(topic)

    def hear(self) -> None:
        """Read what has arrived, and no more: cameras never fall silent."""
        for _ in range(100):
            if not self._socket.poll(0):
                break
            parts = self._socket.recv_multipart()
            if parts[0].startswith(b"status/"):
                status = decode_status(parts)
                self.statuses[status.camera] = status
                self.states.setdefault(status.camera, []).append(status.state)
                self.names.setdefault(status.camera, set()).add(status.name)
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
    """A supervisor on a thread of the test's, with a cameras file that the test writes."""

    def __init__(self, directory: Path, content: str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        self.path = directory / "cameras.toml"
        self.path.write_text(content)
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.cameras = CamerasFile(self.path, Clock())
        self.supervisor = Supervisor(self.cameras, self.address, max_pixels=max_pixels)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.supervisor.run, args=(self._stop,))
        self._thread.start()

    def rewrite(self, content: str) -> None:
        self.path.write_text(content)
        self.cameras.force_reload()

    def pid(self, camera_key: str) -> int:
        pid = self.supervisor._workers[camera_key].pid
        assert pid is not None
        return pid

    def template_pid(self) -> int:
        launcher = self.supervisor._launcher
        assert isinstance(launcher, ForkingLauncher)
        assert launcher.template_pid is not None
        return launcher.template_pid

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.supervisor.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, TWO)
    yield made
    made.stop()


@pytest.fixture
def listener(running: Running) -> Iterator[LoopSubscriber]:
    made = LoopSubscriber(running.address, "frame/one/320/", "frame/two/320/")
    try:
        wait_until(lambda: min(made.sequence("one"), made.sequence("two")) > 0, "both cameras deliver", 60)
        yield made
    finally:
        made.close()


def test_cameras_meet_behind_one_address_in_the_files_order(listener: LoopSubscriber) -> None:
    """The first is the default one. Each publishes its own interval."""
    one, two = listener.statuses["one"], listener.statuses["two"]
    assert (one.order, one.is_default, one.capture_interval_seconds) == (0, True, 3600)
    assert (two.order, two.is_default, two.capture_interval_seconds) == (1, False, 60)


def test_a_camera_whose_process_is_killed_comes_back_and_the_other_runs_on(
    running: Running, listener: LoopSubscriber
) -> None:
    """Meanwhile its status says why it is away."""
    other = running.pid("two")
    last_of_other = listener.sequence("two")
    os.kill(running.pid("one"), signal.SIGKILL)
    wait_until(lambda: listener.state("one") == "offline", "its status says so")
    assert "SIGKILL" in (listener.statuses["one"].last_error or "")
    wait_until(lambda: listener.state("one") == "live", "it is started again", 60)
    assert running.pid("two") == other
    assert listener.sequence("two") > last_of_other
    assert set(listener.states["two"]) <= {CameraState.LIVE, CameraState.IDLE, CameraState.CONNECTING}


def test_a_process_that_hangs_is_replaced(
    running: Running, listener: LoopSubscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process without heartbeats counts as hanging."""
    monkeypatch.setattr(worker_process, "SILENCE_SECONDS", 2.0)
    hanging = running.pid("one")
    os.kill(hanging, signal.SIGSTOP)
    wait_until(lambda: listener.state("one") == "offline", "its status says so", 30)
    wait_until(lambda: listener.state("one") == "live", "another takes over", 60)
    assert running.pid("one") != hanging


def test_the_templates_death_touches_no_camera_and_a_new_one_starts_after_it(
    running: Running, listener: LoopSubscriber
) -> None:
    """It is what the cameras' processes are forked from, and nothing to them afterwards."""
    pids = running.pid("one"), running.pid("two")
    os.kill(running.template_pid(), signal.SIGKILL)
    running.rewrite(TWO + "\n[[camera]]\ndevice_key = 'three'\n")
    wait_until(lambda: listener.state("three") in ("live", "idle"), "the new one is there", 60)
    assert (running.pid("one"), running.pid("two")) == pids
    last = listener.sequence("one")
    wait_until(lambda: listener.sequence("one") > last, "the others deliver")
    assert set(listener.states["one"]) <= {CameraState.LIVE, CameraState.IDLE, CameraState.CONNECTING}


def test_a_changed_file_touches_only_the_cameras_that_changed(running: Running, listener: LoopSubscriber) -> None:
    """A changed camera restarts, an unchanged one runs on, a new one appears, and a removed one is announced."""
    one, two = running.pid("one"), running.pid("two")
    running.rewrite(TWO.replace("60", "30") + "\n[[camera]]\ndevice_key = 'three'\nenabled = false\n")
    wait_until(lambda: listener.state("three") == "disabled", "the new one is announced")
    wait_until(lambda: listener.statuses["two"].capture_interval_seconds == 30, "the change is in force", 60)
    assert running.pid("one") == one
    assert running.pid("two") != two
    running.rewrite("[[camera]]\ndevice_key = 'one'\n")
    wait_until(lambda: listener.state("two") == listener.state("three") == "removed", "the removal is announced")
    assert running.pid("one") == one


def test_a_new_order_is_announced_and_touches_no_camera(running: Running, listener: LoopSubscriber) -> None:
    """The first is the default one. Moving a table interrupts no connection."""
    pids = running.pid("one"), running.pid("two")
    first, second = TWO.split("\n\n")
    running.rewrite(f"{second}\n{first}\n")
    wait_until(lambda: bool(listener.state("two")) and listener.statuses["two"].is_default, "the other is the first")
    wait_until(lambda: bool(listener.state("one")) and listener.statuses["one"].order == 1, "and this the second")
    assert (running.pid("one"), running.pid("two")) == pids


def test_a_file_with_a_mistake_changes_nothing_and_is_reported(running: Running, listener: LoopSubscriber) -> None:
    """Every camera's status names the file, the camera and the key until the file is right again."""
    pids = running.pid("one"), running.pid("two")
    running.rewrite(TWO.replace("60", "'often'"))
    wait_until(lambda: bool(listener.state("one") and listener.statuses["one"].notices), "the notice appears")
    assert (
        f"CAMERAS_FILE '{running.path}': camera 'two': capture_interval is 'often'"
        in listener.statuses["one"].notices[0]
    )
    running.rewrite(TWO)
    wait_until(lambda: bool(listener.state("one")) and not listener.statuses["one"].notices, "the notice goes")
    assert (running.pid("one"), running.pid("two")) == pids


def test_what_publishes_in_a_cameras_name_is_not_heard_and_told_of(running: Running, listener: LoopSubscriber) -> None:
    """All processes of a user can reach the inner socket, and so could a camera that broke into its own process."""
    status = listener.statuses["one"].model_copy(update={"name": "Somebody else's"})
    command = [sys.executable, "-m", "tests.shared.bus.publishing_process", running.supervisor._inner_address]
    forged = ["status/one/", status.model_dump_json()]
    with subprocess.Popen([*command, *forged], stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        wait_until(lambda: bool(listener.state("two")) and bool(listener.statuses["two"].notices), "it is told", 30)
        process.stdin.close()
        process.wait(20)
    assert listener.statuses["two"].notices == (FOREIGN_MESSAGES,)
    assert "Somebody else's" not in listener.names["one"]


def test_cameras_end_with_ingest_however_it_ends(tmp_path: Path) -> None:
    """An orphan process would keep a camera's only connection."""
    environment = {"BUS_BIND": f"tcp://127.0.0.1:{free_port()}"}
    ingest = ServiceProcess("services.ingest", environment, tmp_path / "log")
    children = Path(f"/proc/{ingest.pid}/task/{ingest.pid}/children")
    wait_until(lambda: len(children.read_text().split()) == 2, "the template and the camera's process run", 60)
    pids = children.read_text().split()
    ingest.signal(signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "both processes end")
    ingest.stop()


def test_a_camera_whose_pictures_are_too_large_is_told_so_and_the_others_go_on(tmp_path: Path) -> None:
    """The limit reaches the process of each camera of a file. The demo camera's 1280 x 720 are within it."""
    video = tmp_path / "large.h264"
    source = ["-f", "lavfi", "-i", "color=gray:size=1280x800:rate=10", "-frames:v", "10", "-c:v", "libx264"]
    subprocess.run(["ffmpeg", "-v", "error", *source, str(video)], check=True)
    large = f"[[camera]]\ndevice_key = 'large'\nrtsp_url = '{video}'\n"
    running = Running(tmp_path, f"[[camera]]\ndevice_key = 'one'\n\n{large}", max_pixels=1_000_000)
    listener = LoopSubscriber(running.address, "frame/one/main/", "frame/large/320/")
    try:
        wait_until(lambda: listener.state("large") in ("offline", "stalled"), "the camera is refused", 60)
        assert (listener.statuses["large"].last_error or "").startswith(
            "The camera's picture is 1280 x 800: 1024000 pixels are more than the 1000000 of PICTURE_MAX_PIXELS."
        )
        wait_until(lambda: listener.sequence("one") > 0, "the other delivers", 60)
        assert running.pid("large") > 0, "its process need not end for that"
    finally:
        listener.close()
        running.stop()
