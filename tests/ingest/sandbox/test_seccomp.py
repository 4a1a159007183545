"""The system calls that are refused: their numbers by the kernel's own lists, and machines that have no such filter.

What is refused by the kernel itself is in test_sandbox.py.
"""

import errno
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from services.ingest.sandbox import landlock, seccomp
from services.ingest.sandbox import sandbox as sandbox_module
from services.ingest.sandbox.sandbox import enter_sandbox, warn_without_sandbox
from tests.support.services import ROOT

LISTS = (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h"))
"""Of x86-64, and of ARM, which has the general numbers. Of the package linux-libc-dev."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's own")


@pytest.mark.parametrize("column", [0, 1])
def test_each_number_is_the_kernels(column: int) -> None:
    """Calls that are newer than the list are not in it."""
    listed = LISTS[column]
    if not listed.exists():
        pytest.skip("no headers of the kernel here")
    found = {name: int(number) for name, number in re.findall(r"__NR(?:3264)?_(\w+)\s+(\d+)", listed.read_text())}
    numbers = seccomp._REFUSED | {
        "clone": seccomp._CLONE, "clone3": seccomp._CLONE3, "sched_setscheduler": seccomp._SCHEDULER,
         "kill": seccomp._KILL, "tgkill": seccomp._TGKILL,
        "prlimit64": seccomp._PRLIMIT, "fcntl": seccomp._FCNTL, "ioctl": seccomp._IOCTL,
    }  # fmt: skip
    newest = max(found.values())
    ours = {name: both[column] for name, both in numbers.items() if (both[column] or 0) <= newest}
    assert ours == {name: found.get(name) for name in ours}


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_every_path_through_the_program_ends_within_it(machine: str, column: int) -> None:
    """The kernel refuses a program that leads beyond its end. It can be asked of its own machine alone."""
    steps = list(seccomp._steps(*seccomp._MACHINES[machine], 4711))
    assert column == seccomp._MACHINES[machine][1]
    for place, step in enumerate(steps):
        code, if_so, if_not, _ = struct.unpack("=HBBI", step)
        is_test = code in {seccomp._IS, seccomp._IS_AT_LEAST, seccomp._HAS}
        assert not is_test or place + 1 + max(if_so, if_not) < len(steps)
    assert steps[-1] == seccomp._return(seccomp._ALLOW)


def test_a_process_without_its_rights_goes_on_with_threads_limits_and_signals_of_its_own() -> None:
    """A thread is started by the call that would start a process, and a limit that is broken is told by a signal."""
    script = """
import os, resource, signal, threading
from services.ingest.sandbox.seccomp import refuse_calls
refuse_calls()
seen = []
thread = threading.Thread(target=seen.append, args=("a thread",))
thread.start()
thread.join()
signal.signal(signal.SIGUSR1, lambda *_: seen.append("a signal"))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
kills = [lambda pid=pid: os.kill(pid, 0) for pid in (0, -1, 1)]
for refused in (os.fork, *kills, lambda: os.chmod("/", 0)):
    try:
        refused()
    except PermissionError:
        seen.append("refused")
print(seen)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == str(["a thread", "a signal", "a signal"] + ["refused"] * 5) + "\n", done.stderr


@pytest.mark.parametrize("machine", ["riscv64", "armv7l", ""])
def test_a_machine_whose_calls_are_not_known_is_told_once_and_keeps_them(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    monkeypatch.setattr(landlock, "absence", lambda: None)
    seccomp.refuse_calls()
    with capture_logs() as lines:
        warn_without_sandbox()
    assert [(line["log_level"], line["reason"]) for line in lines] == [
        ("warning", "only the system calls of 64-bit x86 and ARM are known.")
    ]


def test_a_kernel_that_refuses_the_filter_is_told_and_the_rest_of_the_sandbox_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise OSError(errno.EACCES, "Permission denied")

    for module, name in ((landlock, "restrict_process"), (sandbox_module, "drop_capabilities")):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setattr(landlock, "absence", lambda: None)
    monkeypatch.setattr(seccomp, "refuse_calls", refuse)
    with capture_logs() as lines:
        assert enter_sandbox([], [Path("/etc")]).files[Path("/etc")] is not None
    assert [(line["log_level"], line["reason"]) for line in lines] == [("error", "Permission denied")]
