"""Many cameras at once: until all are live, what starting them costs, and the memory of each, forked and from nothing.

Both ways run in turn, in the same run. The cameras play one recording each. Memory of its own is what a process has
written (private and dirty): the libraries' code is shared by any two of them. All memory (PSS) includes the template.
"""

import argparse
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Final, Self

import zmq

from benchmarks.cores import cpu_seconds, memory_megabytes
from services.ingest.cameras_file import CamerasFile
from services.ingest.forking_launcher import ForkingLauncher
from services.ingest.supervisor import Supervisor
from services.ingest.worker_launcher import SpawningLauncher, WorkerLauncher
from shared.bus.status import CameraState, decode_status
from shared.clock import Clock
from shared.logs import configure_logs
from tests.support.ports import free_port
from tests.support.waiting import wait_until

WAYS: Final[dict[str, Callable[[], WorkerLauncher]]] = {
    "spawned": SpawningLauncher,
    "forked": lambda: ForkingLauncher(Clock()),
}
WIDTH: Final = 320
SETTLE_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and CPU seconds until all cameras are live; megabytes of a camera's own, and of all together (PSS)."""

    way: str
    cameras: int
    live_seconds: float
    cpu_seconds: float
    idle_megabytes: float
    idle_pss_megabytes: float
    decoded_megabytes: float
    decoded_pss_megabytes: float


class Audience:
    """A subscriber that knows which cameras are live, and which sent a picture."""

    def __init__(self, address: str) -> None:
        self.live: set[str] = set()
        self.seen: set[str] = set()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(address)
        self._socket.subscribe("status/")

    def watch(self, key: str, *, wanted: bool) -> None:
        topic = f"frame/{key}/{WIDTH}/"
        (self._socket.subscribe if wanted else self._socket.unsubscribe)(topic)

    def hear(self) -> Self:
        """Read what has arrived."""
        while self._socket.poll(0):
            parts = self._socket.recv_multipart()
            if parts[0].startswith(b"status/"):
                status = decode_status(parts)
                if status.state in (CameraState.LIVE, CameraState.IDLE):
                    self.live.add(status.camera)
            else:
                self.seen.add(parts[0].split(b"/")[1].decode())
        return self

    def close(self) -> None:
        self._context.destroy(linger=0)


def cost(way: str, cameras: int, recording: Path) -> Cost:
    """What this number of cameras costs, started in this way."""
    keys = [f"camera_{number}" for number in range(cameras)]
    address = f"tcp://127.0.0.1:{free_port()}"
    audience = Audience(address)
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "cameras.toml")
        file.write_text("".join(f"[[camera]]\ndevice_key = '{key}'\nrtsp_url = '{recording}'\n" for key in keys))
        begun = time.monotonic()
        launcher = WAYS[way]()
        supervisor = Supervisor(CamerasFile(file, Clock()), address, launcher=launcher)
        thread = threading.Thread(target=supervisor.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: len(audience.hear().live) == cameras, "all are live", PATIENCE_SECONDS)
            live_seconds = time.monotonic() - begun
            workers = [worker.pid for worker in supervisor._workers.values() if worker.pid is not None]  # noqa: SLF001
            template = launcher.template_pid if isinstance(launcher, ForkingLauncher) else None
            pids = [*workers, *([] if template is None else [template])]
            used = sum(map(cpu_seconds, pids))
            time.sleep(SETTLE_SECONDS)
            idle = own_and_all(workers, pids)
            for key in keys:
                audience.watch(key, wanted=True)
            wait_until(lambda: len(audience.hear().seen) == cameras, "pictures", PATIENCE_SECONDS)
            for key in keys:
                audience.watch(key, wanted=False)
            time.sleep(SETTLE_SECONDS)
            decoded = own_and_all(workers, pids)
        finally:
            stop.set()
            thread.join()
            supervisor.close()
            audience.close()
    return Cost(way, cameras, live_seconds, used, *idle, *decoded)


def own_and_all(workers: list[int], pids: list[int]) -> tuple[float, float]:
    """Megabytes of a worker's own on average, and PSS of all processes."""
    return mean(map(own_megabytes, workers)), sum(memory_megabytes(pid)["pss"] for pid in pids)


def own_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024


def record(path: Path, size: str) -> Path:
    """A moving test picture in H.264, long enough never to begin anew."""
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=10", "-t", "300"]
    options = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, *options, str(path)], check=True)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 10, 30])
    parser.add_argument("--size", default="1280x720")
    options = parser.parse_args()
    configure_logs()  # to standard error
    with tempfile.TemporaryDirectory() as directory:
        recording = record(Path(directory, "recording.mp4"), options.size)
        costs = [cost(way, number, recording) for number in options.cameras for way in WAYS]
    print(
        f"{'cameras':>7}  {'':8} {'live after':>10} {'CPU':>7} {'own, idle':>10} {'all':>8} {'decoded':>9} {'all':>8}"
    )
    for each in costs:
        print(
            f"{each.cameras:>7}  {each.way:8} {each.live_seconds:>8.1f} s {each.cpu_seconds:>5.1f} s"
            f" {each.idle_megabytes:>7.1f} MB {each.idle_pss_megabytes:>5.0f} MB"
            f" {each.decoded_megabytes:>6.1f} MB {each.decoded_pss_megabytes:>5.0f} MB"
        )
    print(json.dumps([asdict(each) for each in costs]))


if __name__ == "__main__":
    main()
