"""A camera's process beyond its limits, and well within them: real processes, a real 8K stream."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.ingest.process_limits import EXIT_OUT_OF_MEMORY, broken_limit, cpu_seconds, memory_limit
from shared.settings import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS
from tests.ingest.sources.rtp.recorded import recorded
from tests.ingest.sources.rtsp.scripted_camera import Script, interleaved, scripted_camera
from tests.support.services import ROOT


def limited(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.ingest.limited_process", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def eight_k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of 7680 x 4320 with 10 bits a sample and as many reference frames as the level of 8K allows."""
    path = tmp_path_factory.mktemp("8k") / "8k.h265"
    source = ["-f", "lavfi", "-i", "testsrc2=size=480x270:rate=10,scale=7680:4320:flags=neighbor"]
    x265 = ["-x265-params", "log-level=error:ref=5:bframes=3:keyint=8", "-preset", "ultrafast"]
    options = ["-frames:v", "8", "-pix_fmt", "yuv420p10le", "-c:v", "libx265", *x265]
    subprocess.run(["ffmpeg", "-v", "error", *source, *options, str(path)], check=True)
    return path


def test_an_8k_camera_in_all_renditions_fits_into_the_default_limits(eight_k: Path) -> None:
    """With room to spare, since a camera may hold more reference frames."""
    done = limited("decode", str(DEFAULT_MAX_PIXELS), str(eight_k))
    assert done.returncode == 0, done.stderr
    most, allowed = map(int, done.stdout.split())
    assert 0.3 * allowed < most < 0.85 * allowed


def test_a_process_that_needs_more_memory_than_its_limit_ends_and_the_reason_is_known(eight_k: Path) -> None:
    """8K, where there is memory for a picture of a megapixel."""
    done = limited("decode", "1000000", str(eight_k))
    assert done.returncode == EXIT_OUT_OF_MEMORY, done.stderr
    assert "304 MB of memory" in (broken_limit(done.returncode, 1_000_000) or "")


def test_a_picture_without_end_ends_its_process_and_the_reason_is_known() -> None:
    """Pictures that are in time go on for ever, and what is done between them does not count."""
    done = limited("spin", "0.2")
    assert done.stdout == "in time\n"
    assert done.returncode == -signal.SIGPROF
    assert "10 s of CPU time" in (broken_limit(done.returncode, DEFAULT_MAX_PIXELS) or "")


PIECES = 12 * 65_536
MEMORY_OF_A_READER = 64 * 1024 * 1024
"""32 MiB may wait to be decoded. The pieces below would cost 90 bytes each, were only their own bytes counted."""


def pieces() -> bytes:
    """A key frame, and then pictures of 65,536 payloads of two bytes each."""
    packets = recorded("h264")
    end = next(number for number, packet in enumerate(packets) if packet[1] & 0x80) + 1
    stream = [interleaved(packet) for packet in packets[:end]]
    kind, sender = packets[0][1] & 0x7F, packets[0][8:12]
    for number in range(PIECES):
        picture, piece = divmod(number, 65_536)
        head = bytes((0x80, kind | (0x80 if piece == 65_535 else 0))) + piece.to_bytes(2, "big")
        slice_start = b"\x41\x00" if piece else b"\x41\x9a"
        stream.append(interleaved(head + (3000 * picture).to_bytes(4, "big") + sender + slice_start))
    return b"".join(stream)


def test_pictures_in_the_smallest_pieces_fit_into_a_readers_memory() -> None:
    """They once took 2.4 GB, while the camera was shown as idle."""
    with scripted_camera(Script(stream=pieces())) as camera:
        done = limited("read", str(MEMORY_OF_A_READER), camera.url)
    assert done.returncode == 0, done.stderr
    assert "stopped" in done.stdout


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP"])
def test_an_answer_that_promises_a_huge_body_fits_into_a_readers_memory(method: str) -> None:
    """It is not read to its end."""
    answer = f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: {10**11}\r\n\r\n".encode() + bytes(80 * 1024 * 1024)
    script = Script(answer=lambda _camera, request: answer if request.method == method else None)
    with scripted_camera(script) as camera:
        done = limited("read", str(MEMORY_OF_A_READER), camera.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_limits_grow_with_the_largest_picture() -> None:
    """So the one setting is enough."""
    sizes = (1_000_000, DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS)
    assert [memory_limit(size) // 10**6 for size in sizes] == [304, 1708, 9268]
    assert [cpu_seconds(size) for size in sizes] == [2.2, 10, 52]


@pytest.mark.parametrize("code", [0, 1, -signal.SIGKILL, -signal.SIGSEGV])
def test_other_ends_are_no_limit(code: int) -> None:
    """They are told as they are."""
    assert broken_limit(code, DEFAULT_MAX_PIXELS) is None
