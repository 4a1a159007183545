"""The door to Landlock, by which a process gives up rights for good, without being root.

https://docs.kernel.org/userspace-api/landlock.html. The kernel's version of it (its ABI) says which rights it knows.
"""

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Any, Final

Identity = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38
_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READ: Final = _READ_FILE | _READ_DIR
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""By ABI: how many rights on files there are. Later ones have as many; what a later kernel adds is left alone."""
_BIND_TCP: Final = 1 << 0
_BIND_TCP_SINCE: Final = 4
_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 1 << 0 | 1 << 1
_SCOPES_SINCE: Final = 6
_RULESET: Final = struct.Struct("=QQQ")
"""Rights on files, rights on the network, and what may not go beyond the process's own sandbox."""
_RULE: Final = struct.Struct("=Qi")


def system_call(number: int, *arguments: Any) -> int:
    """
    Raises:
        OSError: the kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def version() -> int:
    """The kernel's ABI.

    Raises:
        OSError: it has none.
    """
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    return system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_VERSION))


def absence() -> str | None:
    """Why there is no Landlock, in words for the person; None where there is."""
    try:
        version()
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return "Landlock is switched off in this kernel (the boot parameter lsm= must name landlock)."
        if error.errno == errno.EPERM:
            return "the container's seccomp profile forbids Landlock (a newer Docker allows it)."
        return "this system has no Landlock (Linux has it since 5.13)."
    return None


def restrict_process(
    readable: Iterable[str], writable: Iterable[str] = (), forbidden: Collection[Identity] = frozenset()
) -> None:
    """Have this process, and what it starts, read what is in or below `readable`, write to the files `writable`, and
    nothing else, for good. What is one of `forbidden` is left out. No path is followed where it is a symbolic link.

    It may then start no program, open no TCP port, look into no process that is not restricted with it, and, where the
    kernel knows how (ABI 6), send such a process no signal. Descriptors that are open stay as they are. Only the
    calling thread is restricted, so there may be no other.

    Raises:
        OSError: the kernel refused. The process is as before, or may only gain no privileges.
    """
    abi = version()
    file_rights = (1 << _FILE_RIGHTS.get(abi, 16)) - 1
    attributes = _RULESET.pack(
        file_rights,
        _BIND_TCP if abi >= _BIND_TCP_SINCE else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= _SCOPES_SINCE else 0,
    )
    size = ctypes.c_size_t(len(attributes))
    ruleset = system_call(_CREATE_RULESET, attributes, size, ctypes.c_uint(0))
    try:
        allow = _allowing(ruleset, forbidden)
        for path in readable:
            allow(path, _READ)
        for path in writable:
            allow(path, (_WRITE_FILE | _TRUNCATE) & file_rights)
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _allowing(ruleset: int, forbidden: Collection[Identity]) -> Callable[[str, int], None]:
    """What adds a rule. A file that is gone or can't be looked at gets none."""

    def allow(path: str, rights: int) -> None:
        with suppress(OSError):
            descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                facts = os.fstat(descriptor)
                if stat.S_ISLNK(facts.st_mode) or (facts.st_dev, facts.st_ino) in forbidden:
                    return
                allowed = rights if stat.S_ISDIR(facts.st_mode) else rights & ~_READ_DIR
                rule = _RULE.pack(allowed, descriptor)
                system_call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
            finally:
                os.close(descriptor)

    return allow
