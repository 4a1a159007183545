"""A camera's process, seen from the supervisor: real processes, with a clock that the test moves."""

import errno
import os
import signal
from collections.abc import Callable, Iterator

import pytest

from services.ingest.forking_launcher import worker_launcher
from services.ingest.process_limits import EXIT_OUT_OF_MEMORY
from services.ingest.settings import CameraEnvironment, CameraSettings
from services.ingest.worker import LONGEST_COSTLY_RESTART_SECONDS, SETTLED_SECONDS, CameraWorker
from services.ingest.worker_launcher import WorkerLauncher
from services.ingest.worker_process import SILENCE_SECONDS
from shared.bus.publishing_rights import PublishingRights
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from tests.support.waiting import wait_until


class Time:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def launcher() -> Iterator[WorkerLauncher]:
    made = worker_launcher(Clock())
    wait_until(made.is_ready, "processes can be started", 60)
    yield made
    made.close()


@pytest.fixture
def make_worker(time: Time, launcher: WorkerLauncher) -> Iterator[Callable[..., CameraWorker]]:
    made: list[CameraWorker] = []

    def make(**settings: object) -> CameraWorker:
        camera = CameraSettings.model_validate(settings)
        rights = PublishingRights()
        made.append(CameraWorker(camera, 0, "ipc:///nowhere", rights=rights, launcher=launcher, clock=time.clock()))
        return made[-1]

    yield make
    for worker in made:
        worker.begin_stop()
        worker.finish_stop(10)


def status_of(worker: CameraWorker) -> CameraStatus:
    status = worker.status()
    assert status is not None
    return status


def test_a_process_that_cannot_be_started_is_tried_again(
    make_worker: Callable[..., CameraWorker], launcher: WorkerLauncher, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is short of memory for a moment loses one camera for that moment, and no other."""
    worker = make_worker()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    with monkeypatch.context() as short:
        short.setattr(launcher, "launch", refuse)
        assert worker.check(), "its status has changed"
        assert not worker.check(), "not at once again"
    status = status_of(worker)
    assert (status.state, worker.pid) == (CameraState.OFFLINE, None)
    assert "Cannot allocate memory" in (status.last_error or "")
    time.now = 2.0
    assert not worker.check()
    assert worker.pid is not None


def test_a_disabled_camera_has_no_process(make_worker: Callable[..., CameraWorker]) -> None:
    """Its status says so, and nothing else happens."""
    worker = make_worker(enabled=False)
    assert not worker.check()
    assert worker.pid is None
    assert status_of(worker).state is CameraState.DISABLED


def test_a_process_sends_the_status_from_its_first_heartbeat_on(make_worker: Callable[..., CameraWorker]) -> None:
    """Until then the supervisor sends it, with its notices."""
    worker = make_worker()
    assert not worker.check()
    worker.set_notices(("the file is wrong",))
    if (status := worker.status()) is not None:
        assert (status.state, status.notices) == (CameraState.CONNECTING, ("the file is wrong",))
    wait_until(lambda: worker.status() is None, "the first heartbeat comes", 60)


def test_a_silent_process_is_ended_and_replaced(make_worker: Callable[..., CameraWorker], time: Time) -> None:
    """A process without heartbeats counts as hanging; one that is just in time does not."""
    worker = make_worker()
    worker.check()
    wait_until(lambda: worker.status() is None, "the first heartbeat comes", 60)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    time.now = SILENCE_SECONDS
    assert not worker.check()

    def check_later() -> bool:
        time.now += SILENCE_SECONDS + 0.1
        return worker.check()

    wait_until(check_later, "the silence is noticed")
    assert (status_of(worker).state, worker.pid) == (CameraState.OFFLINE, None)
    assert "SIGKILL" in (status_of(worker).last_error or "")
    time.now += 1
    assert not worker.check()
    assert worker.pid not in (None, first)


def test_restarts_wait_longer_each_time_until_a_process_has_lasted(
    make_worker: Callable[..., CameraWorker], time: Time
) -> None:
    """A camera that crashes its process again and again does not keep the machine busy."""
    worker = make_worker()
    pauses = []
    for lifetime in (0.0, 0.0, 0.0, SETTLED_SECONDS + 1):
        assert not worker.check()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        time.now += lifetime
        wait_until(worker.check, "the death is noticed")
        died_at = time.now
        while worker.pid is None:
            time.now += 0.25
            worker.check()
        pauses.append(time.now - died_at)
    assert pauses == [1, 2, 4, 0.5]


def test_a_picture_without_end_is_told_in_words_and_tried_again_ever_more_seldom(
    make_worker: Callable[..., CameraWorker], time: Time
) -> None:
    """The process that draws it takes 10 s of CPU each time. It would be started again at once otherwise."""
    worker = make_worker()
    pauses = []
    for lifetime in (0.0, SETTLED_SECONDS + 1, 0.0, LONGEST_COSTLY_RESTART_SECONDS + 1):
        assert not worker.check()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGPROF)
        time.now += lifetime
        wait_until(worker.check, "the death is noticed")
        died_at = time.now
        last_error = status_of(worker).last_error or ""
        assert "a picture needed more than 10 s of CPU time" in last_error
        assert "PICTURE_MAX_PIXELS" in last_error
        while worker.pid is None:
            time.now += 0.25
            worker.check()
        pauses.append(time.now - died_at)
        assert f"started again {pauses[-1]:.0f} s later" in last_error
    assert pauses == [5, 10, 20, 5]


def test_a_process_that_ran_out_of_memory_is_told_in_words(
    make_worker: Callable[..., CameraWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its exit code says so."""
    worker = make_worker()
    assert not worker.check()
    monkeypatch.setattr("services.ingest.worker_process.WorkerProcess.exit_code", lambda _: EXIT_OUT_OF_MEMORY)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.check()
    assert "a picture needed more than 1708 MB of memory" in (status_of(worker).last_error or "")


@pytest.mark.parametrize(("settings", "has_file"), [(CameraEnvironment, False), (CameraSettings, True)])
def test_a_process_is_told_whether_its_camera_is_in_a_file(
    settings: type[CameraSettings],
    has_file: bool,
    launcher: WorkerLauncher,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its words then name that file's keys."""
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(
        "services.ingest.worker_process.WorkerProcess.send", lambda _, instruction: sent.append(instruction)
    )
    worker = CameraWorker(
        settings(), 0, "ipc:///nowhere", rights=PublishingRights(), launcher=launcher, clock=time.clock()
    )
    worker.check()
    worker.finish_stop(10)
    assert [instruction["has_file"] for instruction in sent] == [has_file]
