"""The socket file, and how commands on this machine ask by it."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from shared.control import connections, local
from shared.control.local import ask_here
from shared.control.local_key import key_file
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.control.socket_file import MAX_PATH_BYTES
from shared.errors import ConfigurationError
from tests.shared.control.answering import ZeroMqClient, answering, request

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "owner/control.sock"


def test_a_command_on_this_machine_asks_without_a_proof(path: Path) -> None:
    """The handler is told that it is local; at the address nobody is."""
    with answering(socket_file=path) as control:
        assert ask_here(path, "setup_code", {"fresh": True}) == {"did": "setup_code", "is_local": True}
        assert control.handler.done[0].arguments == {"fresh": True}
        with pytest.raises(ControlRefusedError, match="not the password"):
            ask_here(path, "refuse")


@pytest.mark.parametrize("shown", [None, "A" * 43, "ä"])
def test_without_the_key_beside_it_nothing_is_done(
    path: Path, shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any process of ingest's user may connect. That of a camera can't read the key."""
    with answering(socket_file=path) as control:
        monkeypatch.setattr(local, "read_local_key", lambda _: shown)
        with capture_logs() as lines, pytest.raises(ControlRefusedError, match=r"control\.key beside it") as refused:
            ask_here(path, "setup_code")
        assert (refused.value.why, control.handler.done) == ("not_allowed", [])
    assert [line["what"] for line in lines] == ["control request without the key of the socket file"]


def test_the_key_is_another_one_at_each_start_and_its_owners_alone(path: Path) -> None:
    """One that was found in a backup opens nothing."""
    found = set()
    for _ in range(2):
        with answering(socket_file=path):
            assert stat.S_IMODE(key_file(path).stat().st_mode) == 0o600
            found.add(key_file(path).read_text())
    assert [len(key) for key in found] == [43, 43]


def test_the_key_counts_at_the_socket_file_alone(path: Path) -> None:
    """At the address it proves nothing, and is not asked for."""
    with answering(socket_file=path) as control:
        client = ZeroMqClient(control.address)
        try:
            for number, key in enumerate((None, key_file(path).read_text())):
                client.send(request("state", number, key=key))
                assert json.loads(client.receive())["result"] == {"did": "state", "is_local": False}
        finally:
            client.close()


def test_whoever_may_not_read_the_key_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with answering(socket_file=path):
        monkeypatch.setattr(local, "read_local_key", refuse)
        with pytest.raises(ControlSilentError, match=r"Only the user of ingest, or root, may .* read control\.key"):
            ask_here(path, "state")


def test_only_its_owner_may_open_it(path: Path) -> None:
    """In a directory of its own, whatever the umask is. It is gone when ingest has ended."""
    before = os.umask(0)
    try:
        with answering(socket_file=path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert not list(path.parent.iterdir())


def test_a_stale_one_is_replaced(path: Path) -> None:
    """Ingest that was killed leaves it."""
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with answering(socket_file=path):
        assert ask_here(path, "state")["is_local"]


def test_one_that_another_ingest_answers_at_is_left_to_it(path: Path) -> None:
    """Two ingests with the same directory are a mistake, and commands must not go now here, now there."""
    with answering(socket_file=path) as first:
        with capture_logs() as lines, answering(socket_file=path) as second:
            ask_here(path, "state")
            assert [len(first.handler.done), len(second.handler.done)] == [1, 0]
        assert [line["reason"] for line in lines] == ["another ingest answers there"]
        assert path.exists()


def test_a_path_that_is_too_long_for_the_kernel_is_refused_in_words(tmp_path: Path) -> None:
    """The kernel's own words would be a riddle."""
    directory = tmp_path / ("x" * (MAX_PATH_BYTES - len(str(tmp_path)) - len("//control.sock")))
    with answering(socket_file=directory / "control.sock"):
        assert ask_here(directory / "control.sock", "state")["is_local"]
    with (
        pytest.raises(
            ConfigurationError, match=f"OWNER_DIR is .* has 108 bytes, and the kernel takes {MAX_PATH_BYTES}"
        ),
        answering(socket_file=directory.with_name(directory.name + "x") / "control.sock"),
    ):
        pytest.fail("it was taken")


@pytest.mark.parametrize("kind", ["a file in its place", "others may write"])
def test_a_directory_that_cannot_be_used_is_logged_and_ingest_goes_on(path: Path, kind: str) -> None:
    """Cameras are no worse for it."""
    if kind == "a file in its place":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
        path.parent.chmod(0o777)
    with capture_logs() as lines, answering(socket_file=path) as control:
        assert len(lines) == 1
        assert "no socket file" in lines[0]["event"]
        assert control.server.malformed == 0
        with pytest.raises(ControlSilentError):
            ask_here(path, "state")


def test_a_process_of_another_user_is_sent_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's mode keeps it out already, where nobody has changed that."""
    monkeypatch.setattr(connections, "is_owner", lambda _: False)
    with answering(socket_file=path) as control, pytest.raises(ControlSilentError):
        ask_here(path, "state")
    assert not control.handler.done


@pytest.mark.hosts
def test_the_kernel_tells_who_connects() -> None:
    """A process with another user's number is refused even where the file's mode and directory let it in."""
    script = (
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX)\n"
        "os.setuid(65534)\n"
        "s.connect(sys.argv[1])\n"
        "s.settimeout(20)\n"
        "print(s.recv(1))\n"
    )
    with TemporaryDirectory() as directory, answering(socket_file=Path(directory) / "control.sock"):
        path = Path(directory) / "control.sock"
        path.chmod(0o777)
        path.parent.chmod(0o755)
        tried = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        assert (tried.stdout, tried.returncode) == ("b''\n", 0), tried.stderr


def test_without_an_ingest_the_words_say_what_is_missing(path: Path) -> None:
    """Whoever types the command reads them."""
    with pytest.raises(ControlSilentError, match="No ingest with BUS_CONTROL runs here"):
        ask_here(path, "state")


def test_a_slow_ingest_answers_at_the_deadline(path: Path) -> None:
    """The command does not hang."""
    with answering(socket_file=path) as control:
        with pytest.raises(ControlRefusedError) as late:
            ask_here(path, "wait", deadline_seconds=1)
        assert late.value.why == "late"
        control.handler.release.set()


def test_what_is_no_ingest_is_told(path: Path) -> None:
    """Another program may have the path."""
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        other.settimeout(20)
        asking = subprocess.Popen(
            [sys.executable, "-c", f"from shared.control.local import *; ask_here(Path({str(path)!r}), 'state')"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        with other.accept()[0] as connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            _, words = asking.communicate(timeout=60)
    assert "is no ingest of this version" in words


def test_its_directory_may_be_gone_when_ingest_ends(path: Path) -> None:
    """Somebody may have cleaned up."""
    with answering(socket_file=path):
        shutil.rmtree(path.parent)
    assert not path.parent.exists()
