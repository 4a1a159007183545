"""All of ingest with one camera's worker and the template: the share of a core that a camera uses, watched and idle."""

import tempfile
import time
from pathlib import Path
from typing import Final

import zmq

from benchmarks.cores import cpu_seconds, memory_megabytes
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

WARM_UP_SECONDS: Final = 3.0


def service_cost(url: str, *, wanted: bool, seconds: float, fps: int) -> dict[str, float]:
    """CPU milliseconds per frame of the camera, percent of a core, and megabytes (PSS), of all processes together."""
    address = f"tcp://127.0.0.1:{free_port()}"
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.connect(address)
    socket.subscribe("frame/camera_1/main/" if wanted else "status/")
    with tempfile.TemporaryDirectory() as directory:
        ingest = ServiceProcess(
            "services.ingest", {"CAMERA_RTSP_URL": url, "BUS_BIND": address}, Path(directory, "log")
        )
        try:
            wait_until(lambda: socket.poll(100), "ingest sends a message", 30)
            children = Path(f"/proc/{ingest.pid}/task/{ingest.pid}/children").read_text().split()
            pids = [ingest.pid, *map(int, children)]
            received_in(socket, WARM_UP_SECONDS)
            before = sum(map(cpu_seconds, pids))
            frames = received_in(socket, seconds)
            used = sum(map(cpu_seconds, pids)) - before
            megabytes = sum(memory_megabytes(pid)["pss"] for pid in pids)
        finally:
            ingest.stop()
            context.destroy(linger=0)
    return {
        "ms_per_frame": used * 1000 / (frames if wanted else fps * seconds),
        "percent_of_a_core": used / seconds * 100,
        "megabytes": megabytes,
    }


def received_in(socket: "zmq.Socket[bytes]", seconds: float) -> int:
    """The number of messages received within the time. Receiving them costs this process, not the measured one."""
    until, count = time.monotonic() + seconds, 0
    while (rest := until - time.monotonic()) > 0:
        if socket.poll(max(1, round(rest * 1000))):
            socket.recv_multipart()
            count += 1
    return count
