"""The stack as `docker compose` runs it, in a project and on a port of its own. The engine is known by its commands."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "stream", "archiver", "gateway")
_STREAM_PORT_IN_HEX = f"{8001:04X}"
_ESTABLISHED = "01"
_LOOPBACK_IN_HEX = "0100007F"


def docker(*arguments: str, timeout_seconds: float = 60) -> str:
    """What the command writes; an assertion with its errors when it fails."""
    done = subprocess.run(
        ["docker", *arguments], check=False, capture_output=True, text=True, timeout=timeout_seconds, cwd=ROOT
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


class ComposeStack:
    """One project. `overlays` are the names within docker-compose.NAME.yml; `settings` go before `env_file`."""

    def __init__(self, project: str, *overlays: str, env_file: str = os.devnull, **settings: str) -> None:
        self.project = project
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        files = ["docker-compose.yml", *(f"docker-compose.{overlay}.yml" for overlay in overlays)]
        self._command = ["compose", "-p", project, "--env-file", env_file]
        for file in files:
            self._command += ["-f", file]
        self._settings = settings | {"STREAM_PORT": str(self.port)}

    def compose(self, *arguments: str, timeout_seconds: float = 120) -> str:
        usual = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        done = subprocess.run(
            ["docker", *self._command, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            cwd=ROOT,
            env=usual | self._settings,
        )
        assert done.returncode == 0, f"compose {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def up(self, *arguments: str) -> None:
        """Return once every container is healthy."""
        self.compose("up", "-d", "--no-build", "--wait", *arguments)

    def scale(self, replicas: int) -> list[str]:
        """Return at once; the replicas' containers."""
        self.compose("up", "-d", "--no-build", "--no-recreate", "--scale", f"stream={replicas}")
        return self.containers("stream")

    def down(self, *arguments: str) -> None:
        self.compose("down", "-t", "5", *arguments)

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
            f"{expected} viewers (at last {[self.viewers_of(replica) for replica in replicas]})",
            10,
        )

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at `path`, whatever the status code; empty while nobody answers."""
        try:
            with urllib.request.urlopen(self.origin + path, timeout=5) as answer:
                body: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read()
            body = json.loads(text) if text.startswith(b"{") else {}
        except OSError:
            body = {}
        return body

    def status(self) -> dict[str, Any]:
        return self.get("/api/camera/stream/status")

    def wait_until_live(self, timeout_seconds: float = 20) -> None:
        wait_until(lambda: self.status().get("is_streaming"), "the camera streams", timeout_seconds)

    def rtsp_sessions(self) -> int:
        """How often the demo camera was played since it was made."""
        return docker("logs", self.container("demo-camera")).count("sessions played")
