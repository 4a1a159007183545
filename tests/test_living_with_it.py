"""docs/living-with-it.md: every block of commands is run as it stands, and so is every command within a sentence.

Those of scripts/run work on real checkouts with a real environment. Programs that would change this machine (systemctl
and its like) only note how they were called. `docker` is played by a script that runs a container's command in a
directory that stands for the container: no engine is needed, and what is in the volume afterwards is real.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.support.services import Stack
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/living-with-it.md").read_text()
SECTIONS = ("phone", "boot", "Update", "Back up", "Move", "retention", "Uninstall")
DOCKER = """#!/bin/sh
# Plays `docker compose`: exec and run in the container of the archiver, whose /app is the directory $CONTAINER, and in
# that of ingest, with another one beside it.
echo "docker $*" >>"$CALLS"
[ "$1" = compose ] || exit 64
what=$2
shift 2
program= place=$CONTAINER
case $what in exec|run) ;; up|down|logs) exit 0 ;; *) exit 64 ;; esac
while :; do
    case $1 in
    --rm|-T|--no-deps) shift ;;
    --entrypoint) program=$2; shift 2 ;;
    archiver) shift; break ;;
    ingest) place=$CONTAINER-ingest; shift; break ;;
    *) exit 64 ;;
    esac
done
cd "$place" && exec ${program:+"$program"} "$@"
"""
NOTE = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'
IN_SENTENCES = (
    "docker compose down --volumes",
    "docker compose up -d",
    "loginctl disable-linger",
    "sudo systemctl enable docker",
    "systemctl --user restart framecast",
)
RUN_ELSEWHERE = {
    ".venv/bin/framecast doctor": "in tests/system/test_doctor.py",
    "docker compose exec stream framecast doctor": "as `framecast doctor`, in tests/system/test_doctor.py",
    "framecast doctor http://ADDRESS:8001": "in tests/system/test_doctor.py",
    "framecast access settle": "in tests/ingest/access_commands/test_commands.py",
    "scripts/run": "as the last command of a block",
    "hostname -I": "in the test of `scripts/run`",
    "git clone … framecast && cd framecast": "as `Machine.checkout`, which knows from where",
}
PROGRAM = re.compile(r"(?:docker|git|hostname|loginctl|sudo|systemctl|framecast|scripts/\w+|\.venv/\S+)(?: |$)")


@dataclass(frozen=True, slots=True)
class Block:
    """Commands below one heading, for one way to run Framecast."""

    section: str
    way: str
    commands: str


def blocks(way: str, section: str = "") -> list[Block]:
    found = []
    for part in PAGE.split("\n## ")[1:]:
        title = part.partition("\n")[0]
        found += [Block(title, *each) for each in re.findall(r"```sh\n# ([^\n]*)\n(.*?)```", part, re.DOTALL)]
    return [block for block in found if block.way == way and section in block.section]


class Machine:
    """A home directory, a PATH with stand-ins, and checkouts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home, self.programs, self.calls = directory / "home", directory / "programs", directory / "calls"
        for made in (self.home, self.programs):
            made.mkdir()
        for name in ("systemctl", "loginctl", "journalctl"):
            self.note(name)
        self._program("docker", DOCKER)
        self._program("sudo", '#!/bin/sh\nexec "$@"\n')
        (self.programs / "python").symlink_to(sys.executable)  # as in a container; a host may have python3 alone
        self.calls.touch()

    def note(self, name: str) -> None:
        """A program of this name only notes how it was called."""
        self._program(name, NOTE)

    def _program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def checkout(self, name: str) -> Path:
        """A clone of this project as it is committed. Its environment has the libraries of the present one."""
        place = self.directory / name
        subprocess.run(["git", "clone", "-q", ROOT, place], check=True)
        for changed in ("scripts", "services", "shared"):  # what is not committed yet counts too
            shutil.copytree(ROOT / changed, place / changed, dirs_exist_ok=True)
        venv.create(place / ".venv", symlinks=True)
        python = place / ".venv/bin/python"
        asked: list[str | Path] = [python, "-c", 'import sysconfig; print(sysconfig.get_path("purelib"))']
        packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
        libraries = [sysconfig.get_path("purelib"), *(path for path in sys.path if path.endswith("site-packages"))]
        (packages / "libraries.pth").write_text("".join(f"{path}\n" for path in libraries))
        subprocess.run(["scripts/launcher", ".venv", "."], cwd=place, check=True)
        shutil.copy(place / "requirements/run.txt", place / ".venv/made-from")
        return place

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "CALLS": str(self.calls),
        } | more

    def run(self, commands: str, cwd: Path, **environment: str) -> str:
        """Everything but `scripts/run`, which does not end; the output."""
        script = commands.replace("\nscripts/run\n", "\n")
        done = subprocess.run(
            ["sh", "-eu"],
            input=script,
            cwd=cwd,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _ports(stack: Stack) -> dict[str, str]:
    """Without the places of the archive: the documents speak of the usual ones."""
    names = ("BUS_BIND", "BUS_CONNECT", "STREAM_PORT", "ARCHIVER_PORT", "ARCHIVER_URL")
    return {name: stack.environment[name] for name in names}


def _ids(checkout: Path) -> set[int]:
    """Of all pictures in the archive there."""
    with sqlite3.connect(checkout / "data/camera/archive.db") as rows:
        return {row[0] for row in rows.execute("select id from archived_frame")}


@contextmanager
def _scripts_run(machine: Machine, checkout: Path) -> Iterator[Stack]:
    """`scripts/run` there, at ports of its own."""
    stack = Stack(machine.directory)
    environment = machine.environment(**_ports(stack))
    with (machine.directory / "run.log").open("wb") as log:
        runner = subprocess.Popen(["scripts/run"], cwd=checkout, env=environment, stdout=log, stderr=log)
    try:
        yield stack
    finally:
        runner.send_signal(signal.SIGTERM)
        runner.wait(60)


def _served_by_scripts_run(machine: Machine, checkout: Path) -> set[int]:
    """The ids of the pictures that it serves."""
    query = "/api/camera/frames?limit=100"
    with _scripts_run(machine, checkout) as stack:
        wait_until(lambda: stack.get(query).get("frames"), "the archive is served", 30)
        return {frame["id"] for frame in stack.get(query)["frames"]}


def _answer_to_a_phone(machine: Machine, checkout: Path, address: str) -> int:
    """Of `scripts/run` at this address of the computer, while nobody has chosen a password."""
    with _scripts_run(machine, checkout) as stack:
        wait_until(lambda: stack.get("/healthz"), "it answers", 30)
        return httpx2.get(f"http://{address}:{stack.stream_port}/api/devices").status_code


def test_each_section_has_both_ways() -> None:
    """And no block is of another one, which no test would run."""
    for section in SECTIONS:
        for way in ("scripts/run", "Docker"):
            assert blocks(way, section), (section, way)
    assert PAGE.count("```sh\n") == len(blocks("scripts/run")) + len(blocks("Docker"))


def test_the_commands_in_sentences_are_known_and_run(machine: Machine) -> None:
    """A new one needs a row here."""
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    found = {span for span in re.findall(r"`([^`\n]+)`", prose) if PROGRAM.match(span)}
    assert found == {*IN_SENTENCES, *RUN_ELSEWHERE}
    for command in IN_SENTENCES:
        machine.run(command, machine.directory)
    called = machine.calls.read_text().splitlines()
    assert called == [command.removeprefix("sudo ") for command in IN_SENTENCES]


def test_the_commands_for_scripts_run_do_what_they_say(machine: Machine) -> None:
    """A year in the life of an installation: boot, update, backup, another computer, uninstalling."""
    first = machine.checkout("first")
    (first / ".env").write_text("CAMERA_NAME='The porch'\n")
    machine.run(".venv/bin/framecast demo-archive --days 1", first)
    before = _ids(first)
    for section in ("boot", "Update", "Back up"):
        for block in blocks("scripts/run", section):
            machine.run(block.commands, first)
    unit = (machine.home / ".config/systemd/user/framecast.service").read_text()
    assert f'ExecStart="{first}/.venv/bin/framecast" run' in unit
    assert "systemctl --user enable --now framecast\nloginctl enable-linger" in machine.calls.read_text()
    (dry_run,) = blocks("scripts/run", "retention")
    (in_docker,) = blocks("Docker", "retention")
    (machine.programs / "framecast").symlink_to(first / ".venv/bin/framecast")
    assert "all:forever: 0 pictures" in machine.run(in_docker.commands, first, CONTAINER=str(first))
    assert "all:forever: 0 pictures" in machine.run(dry_run.commands, first)

    second = machine.checkout("second")
    (move,) = blocks("scripts/run", "Move")
    machine.run(move.commands, second)
    assert _ids(second) == before
    assert before <= _served_by_scripts_run(machine, second)
    assert "The porch" in (second / ".env").read_text()

    (phone,) = blocks("scripts/run", "phone")
    machine.run(phone.commands, second)
    assert (second / ".env").read_text().endswith("\nSTREAM_HOST=0.0.0.0\n")
    address, *_ = machine.run("hostname -I", second).split()
    assert _answer_to_a_phone(machine, second, address) == 401
    (end,) = blocks("scripts/run", "Uninstall")
    machine.run(end.commands, second)
    assert not (second / ".venv").exists()
    assert not (machine.home / ".config/systemd/user/framecast.service").exists()
    assert list((second / "data/camera/frames").rglob("*.webp"))


def test_the_commands_for_docker_carry_the_archive_and_the_owners_file_to_other_volumes(machine: Machine) -> None:
    """The engine is played; sqlite, tar and the shell in the container are real."""
    machine.note("framecast")
    checkout, containers = machine.directory / "checkout", [machine.directory / "one", machine.directory / "two"]
    subprocess.run(["git", "clone", "-q", ROOT, checkout], check=True)
    (checkout / ".env").write_text("CAMERA_NAME=Porch\n")
    for container in containers:
        (container / "data/camera").mkdir(parents=True)
        container.with_name(f"{container.name}-ingest").joinpath("data/owner").mkdir(parents=True)
    owners_file = machine.directory / "one-ingest/data/owner/access.json"
    owners_file.write_text("kept")
    owners_file.chmod(0o600)
    pictures = containers[0] / "data/camera/frames"
    pictures.mkdir()
    (pictures / "a.webp").write_bytes(b"picture")
    with sqlite3.connect(containers[0] / "data/camera/archive.db") as database:
        database.execute("create table archived_frame (id integer)")
        database.execute("insert into archived_frame values (7)")
    for section in ("phone", "boot", "Update", "Back up"):
        for block in blocks("Docker", section):
            machine.run(block.commands, checkout, CONTAINER=str(containers[0]))
    (checkout / ".env").unlink()
    (move,) = blocks("Docker", "Move")
    machine.run(move.commands, checkout, CONTAINER=str(containers[1]))
    assert (containers[1] / "data/camera/frames/a.webp").read_bytes() == b"picture"
    restored = machine.directory / "two-ingest/data/owner/access.json"
    assert (restored.read_text(), restored.stat().st_mode & 0o777) == ("kept", 0o600)
    with sqlite3.connect(containers[1] / "data/camera/archive.db") as database:
        assert database.execute("select id from archived_frame").fetchall() == [(7,)]
    settings = (checkout / ".env").read_text()
    assert settings.startswith("CAMERA_NAME=Porch\n")
    assert settings.endswith("PUBLISH_ADDRESS=0.0.0.0\n")
    (end,) = blocks("Docker", "Uninstall")
    machine.run(end.commands, checkout)
    called = machine.calls.read_text()
    assert "framecast setup-code\n" in called
    for command in ("up -d --build", "logs --tail 20", "down --rmi all"):
        assert f"docker compose {command}\n" in called
