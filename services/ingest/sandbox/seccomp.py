"""The door to seccomp: system calls that this process gives up for good. Landlock has no right for what they do.

A filter is a small program that the kernel runs at each call. It sees the call's number and arguments, and nothing that
a pointer leads to. https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import Final

from services.ingest.sandbox.landlock import PR_SET_NO_NEW_PRIVS

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _WITH_FILTER = 21, 22, 2
_MACHINES: Final = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""What the kernel calls a machine, and which of the numbers below are its own."""
_REFUSED: Final[dict[str, tuple[int | None, int | None]]] = {
    # Modes, owners, times and attributes of files.
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    # Processes that would outlive this one; signals to others, and their share of the processor.
    "fork": (57, None), "vfork": (58, None), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setparam": (142, 118),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    # Doors of the kernel that no camera needs. The first one leads past any filter.
    "io_uring_setup": (425, 425), "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
}  # fmt: skip
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SCHEDULER: Final = (144, 119)
"""libzmq sets each of its threads to the class that it has, and ends the process where that fails. So it is told that
this was done, and nothing is."""
_KILL, _TGKILL, _PRLIMIT, _FCNTL, _IOCTL = (62, 129), (234, 131), (302, 261), (72, 25), (16, 29)
_CLONE_THREAD: Final = 0x10000
_SETS_RECEIVER_OF_SIGNALS: Final = (8, 15), (0x8901, 0x8902)
"""F_SETOWN and F_SETOWN_EX of fcntl; FIOSETOWN and SIOCSPGRP of ioctl."""
_OTHER_NUMBERS: Final = 0x40000000
"""From here on an x86-64 kernel has the same calls once more (x32)."""
_STEP: Final = struct.Struct("=HBBI")
_LOAD, _IS, _IS_AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _FIRST_AT, _SECOND_AT = 0, 4, 16, 24
"""Of the number, the machine, and the first two arguments."""
_ALLOW: Final = 0x7FFF0000
_FAIL: Final = 0x00050000
"""With the error's number. 0 is success: the call is passed over, and its caller does not know."""
_REFUSE: Final = _FAIL | errno.EPERM


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def absence() -> str | None:
    """Why there is no such filter, in words for the person; None where there is."""
    if os.uname().machine not in _MACHINES or sys.maxsize < 2**32 or sys.byteorder != "little":
        return "only the system calls of 64-bit x86 and ARM are known."
    if sys.platform != "linux" or ctypes.CDLL(None).prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return "this kernel has no seccomp."
    return None


def refuse_calls() -> None:
    """Have this process, for good, change no file's mode, owner or times, start no process, and send no signal to
    another one, nor set its limits. Only the calling thread is held, so there may be no other. It does nothing where
    there is no such filter.

    Raises:
        OSError: the kernel refused.
    """
    if absence() is not None:
        return
    steps = b"".join(_steps(*_MACHINES[os.uname().machine], os.getpid()))
    program = _Program(len(steps) // _STEP.size, steps)
    libc = ctypes.CDLL(None, use_errno=True)
    if (
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_PR_SET_SECCOMP, _WITH_FILTER, ctypes.byref(program), 0, 0) != 0
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _steps(machine: int, column: int, pid: int) -> Iterator[bytes]:
    yield from (_load(_MACHINE_AT), _if(_IS, machine, 1, 0), _return(_REFUSE))
    yield from (_load(_NUMBER_AT), _if(_IS_AT_LEAST, _OTHER_NUMBERS, 0, 1), _return(_REFUSE))
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            yield from (_if(_IS, number, 0, 1), _return(_REFUSE))
    yield from (_if(_IS, _SCHEDULER[column], 0, 1), _return(_FAIL))
    # Its flags are behind a pointer. The C library then does with `clone`, whose flags are not.
    yield from (_if(_IS, _CLONE3[column], 0, 1), _return(_FAIL | errno.ENOSYS))
    yield from _allowed_only_where(_CLONE[column], _if(_HAS, _CLONE_THREAD, 0, 1))
    for call in (_KILL, _TGKILL):
        yield from _allowed_only_where(call[column], _if(_IS, pid, 0, 1))
    yield from _allowed_only_where(_PRLIMIT[column], _if(_IS, pid, 1, 0), _if(_IS, 0, 0, 1))
    for call, (one, other) in zip((_FCNTL, _IOCTL), _SETS_RECEIVER_OF_SIGNALS, strict=True):
        yield from (_if(_IS, call[column], 0, 5), _load(_SECOND_AT))
        yield from (_if(_IS, one, 1, 0), _if(_IS, other, 0, 1), _return(_REFUSE), _return(_ALLOW))
    yield _return(_ALLOW)


def _allowed_only_where(number: int, *tests: bytes) -> Iterator[bytes]:
    """For the call of this number: its first argument must lead past the tests, and not one step further."""
    yield from (_if(_IS, number, 0, len(tests) + 3), _load(_FIRST_AT), *tests, _return(_ALLOW), _return(_REFUSE))


def _load(place: int) -> bytes:
    """Four bytes of what the kernel tells of the call: of an argument the lower half, which is all that counts here."""
    return _STEP.pack(_LOAD, 0, 0, place)


def _if(test: int, value: int, steps: int, otherwise: int) -> bytes:
    """How many steps are passed over where the loaded value passes the test, and where not."""
    return _STEP.pack(test, steps, otherwise, value)


def _return(verdict: int) -> bytes:
    return _STEP.pack(_RETURN, 0, 0, verdict)
