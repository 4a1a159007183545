"""A grid of small pictures of cameras with a large main stream: ingest's CPU per picture, without and with sub-streams.

Both grids are of the same cameras and run in turn, several times. Receiving the pictures costs this process, not the
measured ones.
"""

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import av
import cv2
import numpy as np
import zmq

from benchmarks.cores import cpu_seconds
from benchmarks.ingest_service import received_in
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until

WIDTH: Final = 320
PAN_PIXELS: Final = 400
PAN_STEP: Final = 4
RECORDED_SECONDS: Final = 60
"""Longer than a grid is measured: at the end of a recording every camera would have to be connected anew."""
WARM_UP_SECONDS: Final = 8.0
"""The sub-streams take over with their first key frame."""


def grid_cost(cameras: int, main: Path, small: Path | None, seconds: float) -> tuple[float, float]:
    """CPU milliseconds per small picture, and small pictures a second, of ingest with `cameras` cameras that send these
    recordings. Each grid has servers of its own, because a recording is sent once.
    """
    with ExitStack() as servers:
        lines = [f'rtsp_url = "{servers.enter_context(RtspCamera(file=main)).url}"']
        if small is not None:
            lines.append(f'rtsp_url_small = "{servers.enter_context(RtspCamera(file=small)).url}"')
        return _cost(cameras, lines, seconds)


def _cost(cameras: int, lines: Sequence[str], seconds: float) -> tuple[float, float]:
    """The same of cameras with these lines in the cameras file."""
    address = f"tcp://127.0.0.1:{free_port()}"
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.connect(address)
    keys = [f"camera_{number}" for number in range(cameras)]
    for key in keys:
        socket.subscribe(f"frame/{key}/{WIDTH}/")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "cameras.toml")
        file.write_text("".join("\n".join(["[[camera]]", f'device_key = "{key}"', *lines, ""]) for key in keys))
        ingest = ServiceProcess(
            "services.ingest", {"CAMERAS_FILE": str(file), "BUS_BIND": address}, Path(directory, "log")
        )
        try:
            wait_until(lambda: socket.poll(100), "ingest sends a picture", 60)
            received_in(socket, WARM_UP_SECONDS)
            children = Path(f"/proc/{ingest.pid}/task/{ingest.pid}/children").read_text().split()
            pids = [ingest.pid, *map(int, children)]
            before = sum(map(cpu_seconds, pids))
            pictures = received_in(socket, seconds)
            used = sum(map(cpu_seconds, pids)) - before
        finally:
            ingest.stop()
            context.destroy(linger=0)
    assert pictures, "no picture came"
    return used * 1000 / pictures, pictures / seconds


def record(path: Path, size: tuple[int, int], fps: int) -> Path:
    """A recording of a pan over a grainy picture, in H.264 with a key frame every two seconds. It has as many bits a
    second as pixels: a plain test picture would decode in a fraction of the time.
    """
    width, height = size
    noise = np.random.default_rng(0)
    coarse = noise.integers(0, 256, (height // 40, (width + PAN_PIXELS) // 40, 3), np.uint8)
    view = cv2.resize(coarse, (width + PAN_PIXELS, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(noise.integers(0, 256, view.shape, np.uint8), (0, 0), 1.5)
    view = cv2.addWeighted(view, 0.9, grain, 0.1, 0)
    options = {"preset": "veryfast", "tune": "zerolatency", "bf": "0", "g": str(2 * fps)}
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = width * height
        for number in range(RECORDED_SECONDS * fps):
            left = number * PAN_STEP % PAN_PIXELS
            picture = np.ascontiguousarray(view[:, left : left + width], np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode())
    return path


def size_of(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=12)
    parser.add_argument("--size", type=size_of, default=(3840, 2160), help="of the main stream")
    parser.add_argument("--small-size", type=size_of, default=(640, 360))
    parser.add_argument("--fps", type=int, default=4, help="of both streams; few, or two cores can't decode 4K")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        main_stream = record(Path(directory, "main.mkv"), options.size, options.fps)
        small_stream = record(Path(directory, "small.mkv"), options.small_size, options.fps)
        ratios = []
        for _ in range(options.rounds):
            alone, alone_rate = grid_cost(options.cameras, main_stream, None, options.seconds)
            both, both_rate = grid_cost(options.cameras, main_stream, small_stream, options.seconds)
            ratios.append(both / alone)
            print(
                f"main stream alone {alone:.1f} ms a picture ({alone_rate:.1f} a second), "
                f"with sub-stream {both:.1f} ms ({both_rate:.1f} a second): {both / alone:.3f}"
            )
    print("With fewer pictures a second than cameras times fps, the machine was overloaded: measure fewer cameras.")
    print(f"median of {options.rounds}: {median(ratios):.3f}")


if __name__ == "__main__":
    main()
