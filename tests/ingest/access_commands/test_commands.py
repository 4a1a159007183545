"""The commands against a real ingest on this machine: by its socket file, and by nothing else."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from shared.bus.access_state import AccessState, decode_access
from shared.bus.ingest_report import decode_report
from shared.bus.topics import new_access_question
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, ServiceProcess
from tests.support.waiting import PATIENCE, wait_until

FRAMECAST = Path(sys.executable).with_name("framecast")


class Ingest:
    """One with the demo scene, and a subscriber that hears what it says on access."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.bus = f"tcp://127.0.0.1:{free_port()}"
        self.directory = directory / "owner"
        self.environment = {
            "BUS_BIND": self.bus,
            "BUS_CONTROL": f"tcp://127.0.0.1:{free_port()}",
            "OWNER_DIR": str(self.directory),
            **environment,
        }
        self.process = ServiceProcess("services.ingest", self.environment, directory / "ingest.log")
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.connect(self.bus)
        for topic in (b"access/", b"ingest/"):
            self._socket.subscribe(topic)
        self.numbers: list[int] = []

    def state(self) -> AccessState:
        """What ingest answers to a question on the bus: no older version, which may still be on its way. Each says the
        second in which it was told.
        """
        begun_at = int(time.time())
        wait_until(lambda: time.time() >= begun_at + 1, "the answer's second begins")
        self._socket.subscribe(new_access_question())
        found: list[AccessState] = []

        def is_told() -> bool:
            while self._socket.poll(10):
                parts = self._socket.recv_multipart()
                if parts[0].startswith(b"access/"):
                    found.append(decode_access(parts))
                elif (mark := decode_report(parts).access) is not None:
                    self.numbers.append(mark.number)
            return bool(found) and found[-1].now > begun_at

        wait_until(is_told, "the state is told", 60)
        return found[-1]

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return framecast(*arguments, **{**self.environment, **environment})

    def close(self) -> None:
        self._context.destroy(linger=0)
        self.process.stop()


def framecast(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FRAMECAST, *arguments],
        cwd=ROOT,
        env={**ALONE, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=60 * PATIENCE,
    )


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    made = Ingest(tmp_path_factory.mktemp("commands"))
    try:
        made.state()
        yield made
    finally:
        made.close()


def test_a_token_is_made_listed_and_ended_and_all_are_told(ingest: Ingest) -> None:
    """On standard output there is the secret alone, so that a script can take it."""
    made = ingest.command("tokens", "make", "wall tablet", "--camera", "door", "--live-only", "--days", "7")
    assert made.returncode == 0
    secret = made.stdout.strip()
    assert re.fullmatch(r"framecast_[A-Za-z0-9_-]{43}", secret)
    told = ingest.state()
    assert told.records[0].scope is not None
    assert told.records[0].scope.cameras == ("door",)
    listed = ingest.command("tokens")
    assert re.search(r"^\S{12}  wall tablet  viewer, door, live alone  made .*, never used, ends ", listed.stdout)
    token_id = listed.stdout[:12]
    assert ingest.command("tokens", "end", token_id).returncode == 0
    assert not ingest.state().records
    again = ingest.command("tokens", "end", token_id)
    assert (again.returncode, again.stdout) == (1, "")
    assert "no token" in again.stderr
    number = ingest.state().number
    wait_until(lambda: ingest.state() and ingest.numbers[-1:] == [number], "the report has the number")
    assert secret not in ingest.process.output()


def test_a_setup_code_is_shown_and_nothing_else_knows_it(ingest: Ingest) -> None:
    """Neither the log nor the file."""
    shown = ingest.command("setup-code")
    assert shown.returncode == 0
    found = re.search(r"^Setup code: ((?:\w{4}-){2}\w{4})$", shown.stdout, re.MULTILINE)
    assert found is not None
    kept = "".join(path.read_text() for path in ingest.directory.iterdir() if path.suffix == ".json")
    for text in (ingest.process.output(), kept):
        assert found[1] not in text
    assert "setup code shown" in ingest.process.output()


def test_what_is_set_is_shown(ingest: Ingest) -> None:
    """With what is wrong; here nothing is."""
    shown = ingest.command("access")
    assert shown.returncode == 0
    assert "Passwords that were set at the page: none" in shown.stdout
    number = ingest.state().number
    assert ingest.command("access", "settle").returncode == 0
    assert ingest.state().number == number + 1
    refused = ingest.command("access", "new")
    assert refused.returncode == 1
    assert "can be read" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("tokens", "make"),
        ("tokens", "make", "a", "--days", "0"),
        ("tokens", "make", "a", "--camera", "No Key"),
        ("access", "x"),
    ],
)
def test_a_wrong_argument_is_code_2_and_asks_nobody(arguments: tuple[str, ...]) -> None:
    refused = framecast(*arguments)
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.parametrize("command", ["setup-code", "tokens", "access"])
def test_without_an_ingest_it_is_said_with_dockers_way(command: str, tmp_path: Path) -> None:
    """Most people have it in a container, where this machine's command finds nothing."""
    refused = framecast(command, OWNER_DIR=str(tmp_path))
    assert (refused.returncode, refused.stdout) == (3, "")
    assert f"docker compose exec ingest framecast {command}" in refused.stderr
