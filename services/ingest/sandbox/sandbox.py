"""Puts this process, which is a camera's, into its sandbox."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import shared
from services.ingest.sandbox import landlock, seccomp
from services.ingest.sandbox.all_but import AllBut
from services.ingest.sandbox.capabilities import drop_capabilities
from services.ingest.sandbox.landlock import Identity
from shared.logs import get_logger

_DEVICES: Final = Path("/dev")
"""Root could read the owner's files from the disk itself."""
_HARMLESS_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_WRITABLE: Final = ("/dev/null",)
_NAME_SERVICE: Final = (Path("/etc/resolv.conf"), Path("/etc/hosts"), Path("/etc/nsswitch.conf"))
_NOT_SANDBOXED: Final = "whoever takes over a camera's process may read the owner's files"
_NOT_FILTERED: Final = "whoever takes over a camera's process may change files' modes and end other processes"
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox that this process is in. It knows files, and not their names: one that is put in another's place may
    be out of reach.
    """

    files: Mapping[Path, Identity | None]
    """Those that may be replaced while the process runs, as they were."""

    def is_outdated(self) -> bool:
        """Whether a file was replaced, so that only a process in a new sandbox is sure to reach it."""
        return any(now not in {None, self.files[path]} for path, now in _found(self.files).items())


def enter_sandbox(private: Iterable[Path], own: Iterable[Path]) -> Sandbox:
    """Give up, for good: `private` files and directories, all writing, files' modes, other programs and processes. The
    camera's `own` files stay readable, unless they are private ones themselves.

    Only before there is a second thread. Where the kernel has no Landlock nothing is given up: ingest says so once.
    """
    if landlock.absence() is not None:
        return Sandbox({})
    own = tuple(own)
    sandbox = Sandbox(_found((*own, *_NAME_SERVICE)))
    left_out = AllBut((*private, _DEVICES))
    of_camera = (str(path.resolve()) for path in own)
    readable = (*left_out.paths(), *_program(), *of_camera, *_HARMLESS_DEVICES)
    try:
        landlock.restrict_process(readable, _WRITABLE, left_out.forbidden)
        drop_capabilities()
    except OSError as error:
        log.error(_NOT_SANDBOXED, reason=error.strerror)  # noqa: TRY400 the line says all
        return Sandbox({})
    try:
        seccomp.refuse_calls()
    except OSError as error:
        log.error(_NOT_FILTERED, reason=error.strerror)  # noqa: TRY400 likewise
    return sandbox


def warn_without_sandbox() -> None:
    """Log it, if cameras' processes can have no sandbox here."""
    if (reason := landlock.absence()) is not None:
        log.warning(_NOT_SANDBOXED, reason=reason)
    elif (reason := seccomp.absence()) is not None:
        log.warning(_NOT_FILTERED, reason=reason)


def _program() -> Iterator[str]:
    """Where our own code and the libraries are, also where that is below something private."""
    packages = Path(__file__).parents[2], Path(shared.__file__).parent
    for path in (*map(str, packages), *sys.path):
        yield os.path.realpath(path)


def _found(paths: Iterable[Path]) -> dict[Path, Identity | None]:
    return {path: _identity(path) for path in paths}


def _identity(path: Path) -> Identity | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
