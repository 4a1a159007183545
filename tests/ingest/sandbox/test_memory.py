"""Ingest's memory and environment, which have the owner's passwords, as other processes of its user see them.

The processes here have dropped root's capabilities: root sees everything.
"""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT

DROP = "from services.ingest.sandbox.capabilities import drop_capabilities\ndrop_capabilities()\n"
SCRIPT = (
    "import faulthandler, sys\n"
    "from services.ingest.sandbox.memory import hide_memory\n"
    "{hide}\n"
    "faulthandler.register(3)\n"
    "print('ready', flush=True)\n"
    "sys.stdin.read()\n"
)
LOOK = "import sys\nprint(len(open(sys.argv[1], 'rb').read(20)))\n"
INGEST = "import runpy\nrunpy.run_module('services.ingest', run_name='__main__', alter_sys=True)\n"


def started(script: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DROP + script],
        cwd=ROOT,
        env={**ALONE, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    made = started(SCRIPT.format(hide="hide_memory()" if request.param else ""))
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    yield made
    made.kill()
    made.communicate()


def looked(process: subprocess.Popen[str], name: str) -> str:
    command = [sys.executable, "-c", DROP + LOOK, f"/proc/{process.pid}/{name}"]
    done = subprocess.run(command, cwd=ROOT, env=ALONE, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.splitlines()[-1].partition(":")[0]


@pytest.mark.parametrize(("process", "seen"), [(True, "PermissionError"), (False, "20")], indirect=["process"])
def test_another_process_of_the_same_user_reads_neither(process: subprocess.Popen[str], seen: str) -> None:
    """One that does not hide them shows that it is for this, and for nothing else."""
    for name in ("environ", "maps", "smaps"):
        assert looked(process, name) == seen, name
    assert looked(process, "status") == "20", "what `ps` and `top` show is for everybody"


@pytest.mark.parametrize("process", [True], indirect=True)
def test_signals_work_as_before(process: subprocess.Popen[str]) -> None:
    """SIGQUIT writes where its threads are, for whoever looks for a hang."""
    process.send_signal(3)
    assert process.stderr is not None
    assert "most recent call first" in process.stderr.readline()


def test_ingest_hides_its_own() -> None:
    """The passwords of its environment are in there."""
    ingest = started(INGEST, BUS_BIND=f"tcp://127.0.0.1:{free_port()}", CAMERA_ENABLED="false", LOG_FORMAT="json")
    try:
        assert ingest.stderr is not None
        assert any("ingest started" in line for line in ingest.stderr)
        assert looked(ingest, "environ") == "PermissionError"
    finally:
        ingest.terminate()
        ingest.communicate(timeout=60)
