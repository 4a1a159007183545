"""What a fault starved has its own share of the CPU again afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.starved import starved


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives priorities back")
@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel does not group sessions")
def test_a_session_gets_its_own_priority_back_and_not_that_of_its_processes() -> None:
    """A lab that runs with low priority starved its services for ever."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as process:
        group = Path(f"/proc/{process.pid}/autogroup")
        os.setpriority(os.PRIO_PROCESS, process.pid, 7)
        before = group.read_text()
        with starved([process.pid]):
            assert group.read_text().endswith("nice 19\n")
        assert group.read_text() == before
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 7
        process.communicate(b"\n")
