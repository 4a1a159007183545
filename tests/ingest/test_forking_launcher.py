"""Cameras' processes forked from a template: whose children they are, what they inherit, which death ends which."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.ingest import adoption, worker_template
from services.ingest.forking_launcher import ForkingLauncher, worker_launcher
from services.ingest.process_limits import memory_limit
from services.ingest.settings import CameraSettings
from services.ingest.worker import CameraWorker
from services.ingest.worker_launcher import SpawningLauncher
from shared.bus.publishing_rights import PublishingRights
from shared.clock import Clock
from shared.settings import DEFAULT_MAX_PIXELS
from tests.support.waiting import wait_until

SECRET = "s3cret"  # noqa: S105 a secret of the test's own
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkingLauncher]:
    monkeypatch.setenv("CAMERA_RTSP_PASSWORD", SECRET)
    made = ForkingLauncher(Clock())
    try:
        wait_until(made.is_ready, "the template is ready", 60)
        yield made
    finally:
        made.close()


@pytest.fixture
def make_worker(launcher: ForkingLauncher) -> Iterator[Callable[..., CameraWorker]]:
    """Its worker's process runs and has sent a heartbeat."""
    made: list[CameraWorker] = []

    def make(key: str = "one", max_pixels: int = DEFAULT_MAX_PIXELS) -> CameraWorker:
        camera, rights = CameraSettings(device_key=key), PublishingRights()
        worker = CameraWorker(
            camera, 0, "ipc:///nowhere", rights=rights, launcher=launcher, clock=Clock(), max_pixels=max_pixels
        )
        made.append(worker)
        wait_until(lambda: not worker.check() and worker.status() is None, "the first heartbeat comes", 60)
        return worker

    yield make
    for worker in made:
        worker.begin_stop()
    for worker in made:
        worker.finish_stop(10)


def pid_of(worker: CameraWorker) -> int:
    assert worker.pid is not None
    return worker.pid


def template_of(launcher: ForkingLauncher) -> int:
    assert launcher.template_pid is not None
    return launcher.template_pid


def facts(pid: int, name: str) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def descriptors(pid: int) -> list[str]:
    return sorted(str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir())


STANDARD_ERROR = str(Path("/proc/self/fd/2").readlink())


def children() -> set[int]:
    """Of this thread's process, also those that have ended and that nobody waited for."""
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def data_limit(pid: int) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[3] for line in lines if line.startswith("Max data size"))


def test_the_template_has_one_thread_and_nothing_that_a_camera_must_not_have(launcher: ForkingLauncher) -> None:
    """A lock that another thread held would stay locked in the child. Sockets and secrets would be every camera's."""
    template = template_of(launcher)
    assert facts(template, "status")["Threads"] == "1"
    assert SECRET.encode() not in Path(f"/proc/{template}/environ").read_bytes()
    (control,) = {name for name in descriptors(template) if name.startswith("socket:")}
    assert set(descriptors(template)) == {control, "/dev/null", STANDARD_ERROR}


def test_a_camera_is_ingests_own_child_and_is_named(
    launcher: ForkingLauncher, make_worker: Callable[..., CameraWorker]
) -> None:
    """The exit code is the kernel's word, and its process ID can't become another's before ingest has read it."""
    pid = pid_of(make_worker("front-door"))
    status = facts(pid, "status")
    assert (status["PPid"], status["Name"]) == (str(os.getpid()), "camera front-do")
    assert os.getpgid(pid) == pid, "a Ctrl-C is ingest's alone"
    assert not Path(f"/proc/{template_of(launcher)}/task/{template_of(launcher)}/children").read_text()


def test_the_templates_death_ends_no_camera_and_starts_none_twice(
    launcher: ForkingLauncher, make_worker: Callable[..., CameraWorker]
) -> None:
    """It is replaced, and the next camera comes from the new one."""
    worker, template = make_worker("one"), template_of(launcher)
    pid = pid_of(worker)
    os.kill(template, signal.SIGKILL)
    wait_until(lambda: not launcher.is_ready(), "the death is noticed")
    wait_until(launcher.is_ready, "there is another", 60)
    assert template_of(launcher) != template
    assert not worker.check()
    assert worker.pid == pid
    second = make_worker("two")
    assert children() >= {pid, pid_of(second), template_of(launcher)}
    assert template not in children(), "nobody is left unburied"


def test_a_camera_whose_process_dies_while_there_is_no_template_is_started_when_there_is(
    launcher: ForkingLauncher, make_worker: Callable[..., CameraWorker]
) -> None:
    """Both may die of the same lack of memory."""
    worker = make_worker()
    first = pid_of(worker)
    os.kill(template_of(launcher), signal.SIGKILL)
    os.kill(first, signal.SIGKILL)
    wait_until(worker.check, "the death is noticed")
    status = worker.status()
    assert status is not None
    assert "SIGKILL" in (status.last_error or "")
    wait_until(lambda: not worker.check() and worker.pid, "another takes over", 60)
    assert worker.pid != first


def test_a_template_that_does_not_answer_is_replaced(
    launcher: ForkingLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera is tried again. A process that the template forks late would be nobody's."""
    monkeypatch.setattr(worker_template, "ANSWER_SECONDS", 0.2)
    template = template_of(launcher)
    os.kill(template, signal.SIGSTOP)
    with pytest.raises(OSError, match="to fork it from ended"):
        launcher.launch("one", 0, 1)
    assert template not in children()
    wait_until(launcher.is_ready, "there is another", 60)


def test_a_process_that_was_forked_for_nobody_ends_with_the_template(
    launcher: ForkingLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template may die between the fork and the answer. The child is then still in its group."""
    monkeypatch.setattr(os, "setpgid", lambda *_: None)
    reading, writing = os.pipe()
    lost = launcher.launch("one", reading, writing)
    assert lost.pid in children()
    launcher.close()
    assert lost.pid not in children()
    os.close(reading)
    os.close(writing)


def test_a_failed_fork_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the template lives on: the next fork may succeed. It forks twice, so each of the two may fail."""
    monkeypatch.setattr(worker_template, "TEMPLATE_MODULE", "tests.ingest.template_without_room")
    launcher = ForkingLauncher(Clock())
    try:
        wait_until(launcher.is_ready, "the template is ready", 60)
        for _ in range(2):
            with pytest.raises(OSError, match="Cannot allocate memory"):
                launcher.launch("one", 0, 1)
        assert launcher.is_ready()
    finally:
        launcher.close()


def test_no_camera_holds_anything_of_another(
    launcher: ForkingLauncher, make_worker: Callable[..., CameraWorker]
) -> None:
    """Neither its pipes, which end only with the last holder, nor the way to the template, nor its limits."""
    first = make_worker("one", max_pixels=1_000_000)
    second = make_worker("two")
    pids = pid_of(first), pid_of(second), template_of(launcher)
    held = [{name for name in descriptors(pid) if name.startswith(("pipe:", "socket:"))} for pid in pids]
    common = {STANDARD_ERROR}
    assert held[0] & held[1] <= common
    assert (held[0] | held[1]) & held[2] <= common
    limits = [data_limit(pid) for pid in pids]
    assert int(limits[1]) - int(limits[0]) >= memory_limit(DEFAULT_MAX_PIXELS) - memory_limit(1_000_000) - 2**24
    assert limits[2] == data_limit(os.getpid())
    scores = [Path(f"/proc/{pid}/oom_score_adj").read_text() for pid in pids]
    assert scores == ["300\n", "300\n", Path("/proc/self/oom_score_adj").read_text()]


def test_many_cameras_come_and_go_and_leave_nothing(
    launcher: ForkingLauncher, make_worker: Callable[..., CameraWorker]
) -> None:
    """No descriptor, here or in the template, and no process."""
    make_worker("first").finish_stop(10)
    before = len(list(Path("/proc/self/fd").iterdir())), descriptors(template_of(launcher)), children()
    workers = [make_worker(f"cam{number}") for number in range(30)]
    assert len({pid_of(worker) for worker in workers}) == 30
    for worker in workers:
        worker.begin_stop()
    for worker in workers:
        worker.finish_stop(10)
    assert (len(list(Path("/proc/self/fd").iterdir())), descriptors(template_of(launcher)), children()) == before


def test_where_nobody_adopts_orphans_each_process_is_started_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, where developers run it."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", "darwin")
        assert isinstance(worker_launcher(Clock()), SpawningLauncher)

    def refuse(_: int) -> None:
        raise OSError(1, "not here")

    monkeypatch.setattr(adoption, "_set_adoption", refuse)
    assert isinstance(worker_launcher(Clock()), SpawningLauncher)


def test_a_template_whose_ingest_ended_before_it_was_ready_ends_without_a_traceback() -> None:
    """Its word is unread then, and the kernel resets the socket in place of closing it."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, its:
        template = subprocess.Popen(
            [sys.executable, "-m", "services.ingest.template_main"], stdin=its.fileno(), stderr=subprocess.PIPE
        )
        assert ours.recv(100, socket.MSG_PEEK)
    _, told = template.communicate(timeout=60)
    assert (template.returncode, told) == (0, b"")
