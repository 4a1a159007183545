"""ipycam, a camera in software by others: an ONVIF server with multicast, logins, still pictures and RTSP.

It is installed for the time of the tests, in a directory of theirs, without NumPy and OpenCV, which are there. So
nothing of it is in our environment.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tests.clients.programs import Program
from tests.support.hosts import Host

LOCKED: Final = "ipycam==1.3.0 --hash=sha256:3f12b70ed4e9717508fc387874a0c9fddf94a2a193dc88c2340efb867ff5d745\n"
PORT: Final = 8080
RTSP_PORT: Final = 8554
NAME: Final = "Shed"
_WITH_CLOCK: Final = Path(__file__).with_name("off_clock_program.py")
_INSTALL_SECONDS: Final = 60.0
_RUN_SECONDS: Final = 230.0
"""As long as a test may take."""


def install(directory: Path) -> str | None:
    """Into `directory`. Why that can't be; None when it is done."""
    locked = directory / "locked.txt"
    locked.write_text(LOCKED)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", "--only-binary", ":all:", "--target", str(directory), "-r", str(locked)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return "ipycam can't be installed: the package registry does not answer"
    if done.returncode == 0:
        return None
    return f"ipycam can't be installed: {(done.stderr.strip().splitlines() or ['pip says nothing'])[-1]}"


@contextmanager
def running(
    program: Path, home: Path, host: Host, *, login: tuple[str, str] = ("", ""), clock_off: int = 0
) -> Iterator[Program]:
    """On `host`, from the directory `program`, with a clock that is wrong by `clock_off` seconds."""
    config = {
        **{f"main_{name}": value for name, value in (("width", 640), ("height", 360), ("fps", 5))},
        **{f"sub_{name}": value for name, value in (("width", 320), ("height", 180), ("fps", 5))},
        "name": NAME,
        "local_ip": host.address,
        "onvif_port": PORT,
        "rtsp_port": RTSP_PORT,
        **dict(zip(("username", "password"), login, strict=True)),
        "hw_accel": "cpu",
    }
    (home / "camera.json").write_text(json.dumps(config))
    command = ["env", f"PYTHONPATH={program}", sys.executable, "-P", str(_WITH_CLOCK), str(clock_off), "ipycam"]
    arguments = ["--config", str(home / "camera.json"), "--source", "video"]
    with ExitStack() as stack:
        with host.inside():  # it stays there
            client = stack.enter_context(Program(*command, *arguments, home=home, seconds=_RUN_SECONDS))
        yield client
