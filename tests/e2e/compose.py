"""The stack as `docker compose` runs it, in a project and on a port of its own. The engine is known by its commands."""

import http.client
import json
import os
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from email.message import Message
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from tests.support.ports import free_port
from tests.support.waiting import wait_until

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROJECTS = "framecast-e2e-"
"""What the names of these tests' projects begin with."""
SERVICES = ("ingest", "stream", "archiver", "gateway")
_STREAM_PORT_IN_HEX = f"{8001:04X}"
PATIENCE_SECONDS = 90.0
"""What takes seconds may take that long on a busy machine. How long it took is written down (`figures.py`)."""
LOGS = ROOT / "test-results/e2e"
_ESTABLISHED = "01"
_LOOPBACK_IN_HEX = "0100007F"


def docker(*arguments: str, timeout_seconds: float = 300) -> str:
    """What the command writes; an assertion with its errors when it fails."""
    done = subprocess.run(
        ["docker", *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout_seconds,
        cwd=ROOT,
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def remove_projects() -> None:
    """Whatever of these tests' projects is left, of this run or of one that was killed; nobody else's."""
    everything = ["ps", "-a"], ["network", "ls"], ["volume", "ls"]
    remove = ["rm", "-fv"], ["network", "rm"], ["volume", "rm", "-f"]
    label = "com.docker.compose.project"
    for listing, removal in zip(everything, remove, strict=True):
        name = "{{.Name}}" if listing[0] != "ps" else "{{.ID}}"
        rows = docker(
            *listing, "--format", f'{{{{.Label "{label}"}}}} {name}', "--filter", f"label={label}"
        ).splitlines()
        found = [row.split()[1] for row in rows if row.startswith(PROJECTS)]
        if found:
            docker(*removal, *found)


def host_address() -> str:
    """This host's address as containers of any network reach it: the first of the usual network's."""
    (network,) = json.loads(docker("network", "inspect", "bridge", "-f", "{{json .IPAM.Config}}"))
    return str(network.get("Gateway") or next(ip_network(network["Subnet"]).hosts()))


def basic(password: str) -> str:
    return f"Basic {b64encode(f'anybody:{password}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ComposeStack:
    """One project. `overlays` are the names within docker-compose.NAME.yml; `settings` go before `env_file`.

    `directory` stands for the checkout where the files name one within it, such as `./config` and `./keys`.
    """

    def __init__(
        self,
        name: str,
        *overlays: str,
        settings: dict[str, str] | None = None,
        env_file: str = os.devnull,
        directory: Path = ROOT,
    ) -> None:
        files = [ROOT / "docker-compose.yml", *(ROOT / f"docker-compose.{overlay}.yml" for overlay in overlays)]
        self._settle(name, [*files, HERE / "quick-health.yml"], directory, env_file, settings or {})

    def _settle(self, name: str, files: list[Path], directory: Path, env_file: str, settings: dict[str, str]) -> None:
        self.project = PROJECTS + name
        self.directory = directory
        self.password: str | None = None
        """What `get` and `snapshot` show, where one is asked for."""
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._command = ["compose", "-p", self.project, "--project-directory", str(directory), "--env-file", env_file]
        for file in files:
            self._command += ["-f", str(file)]
        self._settings = {"STREAM_PORT": str(self.port)} | settings

    def __enter__(self) -> Self:
        """Up and healthy; gone at the end, with its volumes. Its logs are kept."""
        try:
            self.up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        (LOGS / f"{self.project}.log").write_text(self.compose("logs", "--no-color"))
        self.down("-v")

    def compose(self, *arguments: str, timeout_seconds: float = 400) -> str:
        done = self.try_compose(*arguments, timeout_seconds=timeout_seconds)
        assert done.returncode == 0, f"compose {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def try_compose(self, *arguments: str, timeout_seconds: float = 400) -> subprocess.CompletedProcess[str]:
        """Whatever comes of it."""
        usual = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        return subprocess.run(
            ["docker", *self._command, *arguments],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_seconds,
            cwd=ROOT,
            env=usual | self._settings,
        )

    def up(self, *arguments: str) -> None:
        """Return once every container is healthy."""
        self.compose("up", "-d", "--no-build", "--wait", *arguments)

    def scale(self, replicas: int) -> list[str]:
        """Return at once; the replicas' containers."""
        self.compose("up", "-d", "--no-build", "--no-recreate", "--scale", f"stream={replicas}")
        return self.containers("stream")

    def down(self, *arguments: str) -> None:
        self.compose("down", "-t", "5", "--remove-orphans", *arguments)

    def setting(self, name: str) -> str:
        return self._settings[name]

    def network(self) -> str:
        return f"{self.project}_default"

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def container(self, service: str) -> str:
        (only,) = self.containers(service)
        return only

    def run_python(self, container: str, code: str) -> str:
        return docker("exec", container, "python", "-c", code)

    def address(self, container: str) -> str:
        return docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)

    def viewers_of(self, replica: str) -> int:
        """The connections to a replica from other containers, of which each stream is one."""
        rows = [row.split() for row in docker("exec", replica, "cat", "/proc/net/tcp").splitlines()[1:]]
        return sum(
            row[1].endswith(f":{_STREAM_PORT_IN_HEX}")
            and row[3] == _ESTABLISHED
            and not row[2].startswith(_LOOPBACK_IN_HEX)
            for row in rows
        )

    def wait_for_spread(self, expected: list[int], replicas: list[str]) -> None:
        """Requests for status take a connection, too, for a moment: the wait passes over them."""
        wait_until(
            lambda: sorted(map(self.viewers_of, replicas)) == expected,
            f"{expected} viewers by replica",
            PATIENCE_SECONDS,
        )

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at `path`, whatever the status code; empty while nobody answers."""
        try:
            text = self.ask("GET", path, self.password).body
        except (OSError, http.client.HTTPException):
            text = b""
        body: dict[str, Any] = json.loads(text) if text.startswith(b"{") else {}
        return body

    def ask(self, method: str, path: str, password: str | None = None, body: object = None, **headers: str) -> "Answer":
        """One request; of a stream the beginning. A body that is no text is sent as JSON."""
        if password is not None:
            headers["Authorization"] = basic(password)
        if body is not None and not isinstance(body, str):
            headers["Content-Type"], body = "application/json", json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            is_endless = answer.headers.get_content_maintype() == "multipart"
            return Answer(answer.status, answer.headers, answer.read(2000) if is_endless else answer.read())
        finally:
            connection.close()

    def status(self) -> dict[str, Any]:
        return self.get("/api/camera/stream/status")

    def wait_until_live(self, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        wait_until(lambda: self.status().get("is_streaming"), "the camera streams", timeout_seconds)

    def snapshot(self) -> bytes:
        """A picture; empty while there is none to be had."""
        try:
            answer = self.ask("GET", "/api/camera/snapshot", self.password)
        except (OSError, http.client.HTTPException):
            return b""
        return answer.body if answer.status == 200 else b""

    def rtsp_sessions(self) -> int:
        """How often the demo camera was played since it was made."""
        return docker("logs", self.container("demo-camera")).count("sessions played")


class RemoteReplica(ComposeStack):
    """deploy/remote-stream as another host runs it: on a network of its own. `directory` holds its keys."""

    def __init__(self, name: str, directory: Path, settings: dict[str, str]) -> None:
        self._settle(name, [ROOT / "deploy/remote-stream/docker-compose.yml"], directory, os.devnull, settings)
