"""The stack under `docker compose`, with a project and a port of its own. All access to the engine is by `docker`."""

import http.client
import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
"""Prefix of the names of these tests' projects."""
SERVICES = ("ingest", "stream", "archiver", "gateway")
_STREAM_PORT_IN_HEX = f"{8001:04X}"
PATIENCE_SECONDS = 90.0
"""Steps that take seconds may take this long on a busy machine. `figures.py` records how long they took."""
LOGS = ROOT / "test-results/e2e"
_ESTABLISHED = "01"
_LOOPBACK_IN_HEX = "0100007F"


def docker(*arguments: str, timeout_seconds: float = 300) -> str:
    """The output of a `docker` command. Raises AssertionError with its errors if it fails."""
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
    """Remove everything that projects of these tests left behind, in this run or in one that was killed.

    Other projects are left alone.
    """
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
    """An address of this host that containers in any network can reach: the first one of the default network."""
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
    """One project. `overlays` are the NAMEs in docker-compose.NAME.yml; `settings` take precedence over `env_file`.

    Relative paths in the files, such as `./config` and `./keys`, are resolved in `directory`.
    """

    def __init__(
        self,
        name: str,
        *overlays: str,
        settings: dict[str, str] | None = None,
        env_file: str = os.devnull,
        directory: Path = ROOT,
        more_files: Sequence[Path] = (),
    ) -> None:
        files = [ROOT / "docker-compose.yml", *(ROOT / f"docker-compose.{overlay}.yml" for overlay in overlays)]
        self._settle(name, [*files, HERE / "quick-health.yml", *more_files], directory, env_file, settings or {})

    def _settle(self, name: str, files: list[Path], directory: Path, env_file: str, settings: dict[str, str]) -> None:
        self.project = PROJECTS + name
        self.directory = directory
        self.password: str | None = None
        """The password that `get` and `snapshot` send, if one is set."""
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._command = ["compose", "-p", self.project, "--project-directory", str(directory), "--env-file", env_file]
        for file in files:
            self._command += ["-f", str(file)]
        self._settings = {"STREAM_PORT": str(self.port)} | settings

    def __enter__(self) -> Self:
        """Start the stack and wait until it is healthy. On exit it is removed with its volumes; its logs are kept."""
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
        """Like `compose`, but returns the result also if the command fails."""
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

    @contextmanager
    def with_settings(self, **settings: str) -> Iterator[None]:
        """Within the block these settings hold, too. Only the services that have them are started anew."""
        before = self._settings
        self._settings = before | settings
        try:
            self.up()
            yield
        finally:
            self._settings = before
            self.up()

    def scale(self, replicas: int) -> list[str]:
        """Scale stream without waiting for health; return the replicas' containers."""
        self.compose("up", "-d", "--no-build", "--no-recreate", "--scale", f"stream={replicas}")
        return self.containers("stream")

    def down(self, *arguments: str) -> None:
        self.compose("down", "-t", "5", "--remove-orphans", *arguments)

    def setting(self, name: str) -> str:
        return self._settings[name]

    def network(self, name: str = "default") -> str:
        return f"{self.project}_{name}"

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def container(self, service: str) -> str:
        (only,) = self.containers(service)
        return only

    def runs(self) -> dict[str, list[str]]:
        """Each container, with when its program was started and how often Docker has started it again."""
        found = docker(
            "inspect", "-f", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}", *self.compose("ps", "-q").split()
        )
        return {run[0]: run[1:] for run in map(str.split, found.splitlines())}

    def run_python(self, container: str, code: str) -> str:
        return docker("exec", container, "python", "-c", code)

    def address(self, container: str, network: str = "default") -> str:
        networks = json.loads(docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", container))
        return str(networks[self.network(network)]["IPAddress"])

    def viewers_of(self, replica: str) -> int:
        """The number of viewers' connections that a replica has. Each stream is one.

        The gateway's network has all of them; a replica has the open files of its own.
        """
        gateway = self.container("gateway")
        rows = [row.split() for row in docker("exec", gateway, "cat", "/proc/net/tcp").splitlines()[1:]]
        of_viewers = {
            row[9]
            for row in rows
            if row[1].endswith(f":{_STREAM_PORT_IN_HEX}")
            and row[3] == _ESTABLISHED
            and not row[2].startswith(_LOOPBACK_IN_HEX)
        }
        files = docker("exec", replica, "sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null || true")
        return len(of_viewers & set(re.findall(r"socket:\[(\d+)\]", files)))

    def logged(self, service: str) -> list[dict[str, Any]]:
        """The lines of a service's log. Compose puts control characters before some."""
        lines = self.compose("logs", "--no-log-prefix", "--no-color", service).splitlines()
        return [json.loads(line[line.index("{") :]) for line in lines if line.endswith("}")]

    def wait_for_replicas(self, count: int) -> None:
        """Return when the gateway has as many replicas."""

        def known() -> int:
            counts = [line["replicas"] for line in self.logged("gateway") if "replicas" in line]
            return int(counts[-1]) if counts else 0

        wait_until(lambda: known() == count, f"the gateway has {count} replicas", PATIENCE_SECONDS)

    def wait_for_spread(self, expected: list[int], replicas: list[str]) -> None:
        """Wait until the replicas have these numbers of viewers. Status requests add a connection only for a moment."""
        wait_until(
            lambda: sorted(map(self.viewers_of, replicas)) == expected,
            f"{expected} viewers by replica",
            PATIENCE_SECONDS,
        )

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at `path`, for any status code; empty if there is no answer."""
        try:
            text = self.ask("GET", path, self.password).body
        except (OSError, http.client.HTTPException):
            text = b""
        body: dict[str, Any] = json.loads(text) if text.startswith(b"{") else {}
        return body

    def ask(self, method: str, path: str, password: str | None = None, body: object = None, **headers: str) -> "Answer":
        """Send one request. Of an endless answer only the beginning is read. A body that is no text is sent as JSON."""
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
        """The newest picture; empty if there is none."""
        try:
            answer = self.ask("GET", "/api/camera/snapshot", self.password)
        except (OSError, http.client.HTTPException):
            return b""
        return answer.body if answer.status == 200 else b""

    def rtsp_sessions(self) -> int:
        """The number of RTSP sessions that the demo camera has played since its container was created."""
        return docker("logs", self.container("demo-camera")).count("sessions played")


class RemoteReplica(ComposeStack):
    """deploy/remote-stream as on a second host: in a network of its own. `directory` holds its keys."""

    def __init__(self, name: str, directory: Path, settings: dict[str, str]) -> None:
        self._settle(name, [ROOT / "deploy/remote-stream/docker-compose.yml"], directory, os.devnull, settings)
