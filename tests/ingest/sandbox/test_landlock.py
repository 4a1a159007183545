"""Landlock where the kernel has none, and what its rules hold for. What they refuse is in test_sandbox.py."""

import ctypes
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.ingest.sandbox import landlock
from services.ingest.sandbox.sandbox import Sandbox, enter_sandbox, warn_without_sandbox
from tests.support.services import ROOT


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSYS, "this system has no Landlock (Linux has it since 5.13)."),
        (errno.EOPNOTSUPP, "Landlock is switched off in this kernel (the boot parameter lsm= must name landlock)."),
        (errno.EPERM, "the container's seccomp profile forbids Landlock (a newer Docker allows it)."),
    ],
)
def test_a_kernel_without_it_is_told_once_in_words_and_nothing_fails(
    code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cameras on an old NAS show their pictures as before."""

    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(landlock, "system_call", refuse)
    with capture_logs() as lines:
        assert enter_sandbox([Path("/etc")], []) == Sandbox({})
        warn_without_sandbox()
    assert lines == [
        {
            "event": "whoever takes over a camera's process may read the owner's files",
            "log_level": "warning",
            "reason": words,
        }
    ]


def test_elsewhere_than_on_linux_the_kernel_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of system calls are Linux's own."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(landlock, "system_call", lambda *_: pytest.fail("it was called"))
    assert landlock.absence() == "this system has no Landlock (Linux has it since 5.13)."


def test_a_kernel_that_refuses_the_rules_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where sixteen sandboxes are around it already."""

    def refuse(*_: object) -> None:
        raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))

    monkeypatch.setattr(landlock, "version", lambda: 1)
    monkeypatch.setattr(landlock, "restrict_process", refuse)
    with capture_logs() as lines:
        assert enter_sandbox([], []) == Sandbox({})
    assert [(line["log_level"], line["reason"]) for line in lines] == [("error", "Argument list too long")]


@pytest.mark.parametrize(
    ("abi", "asked"),
    [
        (1, (2**13 - 1, 0, 0)),
        (2, (2**14 - 1, 0, 0)),
        (3, (2**15 - 1, 0, 0)),
        (4, (2**15 - 1, 1, 0)),
        (5, (2**16 - 1, 1, 0)),
        (6, (2**16 - 1, 1, 3)),
        (12, (2**16 - 1, 1, 3)),
    ],
)
def test_each_version_of_it_is_asked_for_what_it_knows(
    abi: int, asked: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel refuses all, where one right is beyond it."""
    seen: list[bytes] = []

    def answer(number: int, *arguments: object) -> int:
        attributes = arguments[0]
        if number != 444:  # the one that creates the rules
            raise OSError(errno.EINTR, "enough")
        if not isinstance(attributes, bytes):
            return abi
        seen.append(attributes)
        return os.open(os.devnull, os.O_RDONLY)

    class NoLibrary:
        def prctl(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(landlock, "system_call", answer)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: NoLibrary())
    with pytest.raises(OSError):  # noqa: PT011 whatever the thread's last one was
        landlock.restrict_process(["/"])
    assert [landlock._RULESET.unpack(one) for one in seen] == [asked]


def test_a_file_that_was_replaced_outdates_the_sandbox_and_one_that_is_gone_does_not(tmp_path: Path) -> None:
    """It may come back any moment, as in a save."""
    file, other = tmp_path / "a", tmp_path / "b"
    file.touch()
    facts = file.stat()
    sandbox = Sandbox({file: (facts.st_dev, facts.st_ino), other: None})
    assert not sandbox.is_outdated()
    other.touch()
    assert sandbox.is_outdated()
    other.unlink()
    other.write_text("")
    other.replace(file)
    assert sandbox.is_outdated()
    file.unlink()
    assert not sandbox.is_outdated()


@pytest.mark.skipif(landlock.absence() is not None, reason=f"no sandbox here: {landlock.absence()}")
def test_a_program_below_something_private_can_still_be_run(tmp_path: Path) -> None:
    """OWNER_DIR may be the directory that Framecast is in, by a mistake that nobody noticed before."""
    script = (
        "from pathlib import Path\n"
        "from services.ingest.sandbox.sandbox import enter_sandbox\n"
        f"enter_sandbox([Path({str(ROOT)!r}), Path({str(tmp_path)!r})], [])\n"
        "import services.ingest.demo_scene.scene, colorsys\n"
        f"Path({str(ROOT / 'README.md')!r}).read_text()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("PermissionError"), done.stderr
    assert "README.md" in done.stderr
