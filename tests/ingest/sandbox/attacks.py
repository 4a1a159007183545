"""What somebody would try who has taken over a camera's process. It knows no more than such a process does."""

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from services.ingest.sandbox import landlock
from services.ingest.worker_main import AssignedCamera, files_of
from shared.control import local
from shared.control.messages import ControlRefusedError, ControlSilentError

MARK = "ATTACKED "
"""What the line with the results begins with, on standard error."""
PORTS_SINCE, SCOPES_SINCE = 4, 6
"""Landlock's versions that know of TCP ports, and of signals and abstract sockets."""
_PTRACE_SEIZE = 0x4206
_libc = ctypes.CDLL(None, use_errno=True)


def take_over() -> None:
    """Have each camera that this process, or one forked from it, runs attack as soon as it is in its sandbox."""
    enter = AssignedCamera.enter_sandbox

    def enter_and_attack(camera: AssignedCamera, private: Sequence[str]) -> None:
        enter(camera, private)
        attack(camera, private)

    setattr(AssignedCamera, "enter_sandbox", enter_and_attack)  # noqa: B010 a method may not be assigned to


def attack(camera: AssignedCamera, private: Sequence[str]) -> None:
    """Try everything, and write what came of it."""
    results: dict[str, Any] = {name: _tried(attempt) for name, attempt in _attempts(private)}
    results["threads"] = len(list(Path("/proc/self/task").iterdir()))
    results["own"] = {str(path): _tried(path.read_bytes) for path in files_of(camera.settings)}
    sys.stderr.write(f"{MARK}{json.dumps({'camera': camera.settings.device_key, **results})}\n")
    sys.stderr.flush()


def results_in(log: str) -> dict[str, dict[str, Any]]:
    """Each camera's results: what happened to each attempt, `done` where it was not refused."""
    found = [json.loads(line.removeprefix(MARK)) for line in log.splitlines() if line.startswith(MARK)]
    return {one.pop("camera"): one for one in found}


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except ControlRefusedError as error:
        return f"{error.why}: {error}"
    except ControlSilentError as error:
        return str(error)
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "done"


def _attempts(private: Sequence[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    ingest = os.getppid()
    others = [
        int(pid)
        for pid in Path(f"/proc/{ingest}/task/{ingest}/children").read_text().split()
        if int(pid) != os.getpid()
    ]
    for path in map(Path, private):
        if path.is_dir():
            yield from _on_owner_dir(path)
        elif path.exists():
            yield f"read {path.name}", path.read_text
            yield f"read {path.name} by another way", Path(f"/proc/self/root{path}").read_text
            yield f"read {path.name} through ingest", Path(f"/proc/{ingest}/root{path}").read_text
            yield f"list the directory of {path.name}", partial(_list, path.parent)
    for number, pid in enumerate((ingest, *others)):
        yield from _on_process(pid, "ingest" if not number else f"child {number}")
    directory = next(path.parent for path in map(Path, private) if path.name == "cameras.toml")
    yield from _changes(ingest, directory)


def _on_owner_dir(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield f"list {path.name}", partial(_list, path)
    for name in ("access.json", "control.key"):
        yield f"read {name}", (path / name).read_text
    yield "ask", partial(local.ask_here, path / "control.sock", "setup_code")
    yield "ask with a key that is none", partial(_ask_with, path / "control.sock", "A" * 43)
    yield "ask without a key", partial(_ask_with, path / "control.sock", None)


def _on_process(pid: int, whose: str) -> Iterator[tuple[str, Callable[[], object]]]:
    for name in ("environ", "mem", "maps"):
        yield f"read {name} of {whose}", Path(f"/proc/{pid}/{name}").read_bytes
    yield f"copy memory of {whose}", partial(_copy_memory, pid)
    yield f"trace {whose}", partial(_trace, pid)
    yield f"take a descriptor of {whose}", partial(_take_descriptor, pid)
    yield from _ends_of(pid, whose)


def _ends_of(pid: int, whose: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """What could end a process, or keep it from its work, that is only refused where the process may not be touched."""
    yield f"kill {whose}", partial(os.kill, pid, signal.SIGKILL)
    yield f"kill {whose} by its thread", lambda: _checked(_libc.tgkill(pid, pid, signal.SIGKILL))
    yield f"limit the files of {whose}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))
    yield f"limit the time of {whose}", lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0))
    yield f"slow {whose} down", partial(os.setpriority, os.PRIO_PROCESS, pid, 19)
    yield f"put off {whose}", partial(_put_off, pid)
    yield f"hand {whose} our signals", partial(_hand_signals, pid)


def _changes(ingest: int, directory: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What would outlive the process, or be run by somebody else."""
    victim = directory / "program.py"
    yield "change our code", partial(Path(attack.__code__.co_filename).open, "r+b")
    yield "cut a file off", partial(os.truncate, victim, 0)
    yield "rename a file", partial(victim.rename, directory / "renamed.py")
    yield "delete a file", victim.unlink
    yield "add a file", (directory / "added.py").touch
    yield "write a temporary file", Path("/tmp/framecast-added").touch  # noqa: S108 nothing comes of it
    yield "bare a file", partial(victim.chmod, 0o666)
    yield "bare a file by its descriptor", partial(_through, victim, lambda at: os.fchmod(at, 0o666))
    yield "bare a file by the newest call", lambda: _checked(_libc.syscall(452, -100, bytes(victim), 0o666, 0))
    yield "give a file away", partial(os.chown, victim, -1, os.getgid())
    yield "date a file back", partial(os.utime, victim, (0, 0))
    yield "mark a file", partial(os.setxattr, victim, "user.framecast", b"1")
    yield "start a program", partial(os.posix_spawn, "/bin/true", ["true"], {})
    yield "start a process", _fork
    if landlock.version() >= PORTS_SINCE:
        yield "open a port", lambda: socket.create_server(("127.0.0.1", 0)).close()
    if landlock.version() >= SCOPES_SINCE:
        yield "connect to an abstract socket", lambda: socket.socket(socket.AF_UNIX).connect(f"\0framecast-{ingest}")


def _through(path: Path, change: Callable[[int], object]) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        change(descriptor)
    finally:
        os.close(descriptor)


def _fork() -> None:
    """A process that is made all the same ends at once."""
    if os.fork() == 0:
        os._exit(0)


def _put_off(pid: int) -> None:
    """Have it run only when nobody else wants to. The call may say that it was done, and do nothing."""
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    if os.sched_getscheduler(pid) != os.SCHED_IDLE:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _hand_signals(pid: int) -> None:
    """Have the kernel send a signal of our choice to `pid` when a socket of ours is ready."""
    with socket.socketpair()[0] as ours:
        fcntl.fcntl(ours, fcntl.F_SETOWN, pid)


def _list(directory: Path) -> None:
    list(directory.iterdir())


def _ask_with(path: Path, key: str | None) -> None:
    with patch.object(local, "read_local_key", return_value=key):
        local.ask_here(path, "setup_code")


def _checked(result: int) -> None:
    """Raises OSError when a system call has failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class _Piece(ctypes.Structure):
    _fields_ = (("address", ctypes.c_void_p), ("size", ctypes.c_size_t))


def _copy_memory(pid: int) -> None:
    """From an address that is in use here. One that is not there in `pid` would be told as a bad address."""
    text = ctypes.create_string_buffer(8)
    here = _Piece(ctypes.addressof(text), 8)
    there = _Piece(ctypes.cast(_libc.getpid, ctypes.c_void_p), 8)
    _checked(_libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


def _trace(pid: int) -> None:
    _checked(_libc.ptrace(_PTRACE_SEIZE, pid, None, None))


def _take_descriptor(pid: int) -> None:
    pidfd_getfd = 438
    _checked(_libc.syscall(pidfd_getfd, os.pidfd_open(pid), 0, 0))
