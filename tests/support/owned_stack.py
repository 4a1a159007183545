"""The services as they are run where the owner decides at the page, with as many replicas of stream as wanted."""

import json
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from shared.control.local import ask_here
from tests.support.asking import LOOPBACK, Answer, answers, ask
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, ServiceProcess, Stack
from tests.support.waiting import wait_until

ALL: Final = ("ingest", "stream", "archiver")
ARCHIVE: Final = "/api/camera/frames"
DEVICES: Final = "/api/devices"
PASSWORD: Final = "digging in the garden"  # noqa: S105 the tests' own
OWNERS_ADDRESS: Final = "127.200.0.1"
"""From which nobody guesses."""
JSON: Final = {"Content-Type": "application/json"}
START_SECONDS: Final = 30.0
Headers = dict[str, str]


class OwnedStack(Stack):
    """Published to others. Without a `STREAM_HOST` of the test's that is so as far as the settings say, and stream
    listens at loopback. `replicas`: how many processes of stream there are; the first is the service `stream`.
    `modules`: what runs in place of a service. `settings_of`: what one service alone is set.
    """

    def __init__(
        self,
        directory: Path,
        *,
        replicas: int = 1,
        names: Sequence[str] = ALL,
        modules: Mapping[str, str] = MappingProxyType({}),
        settings_of: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        **environment: str,
    ) -> None:
        self.owner_dir = Path(environment.get("OWNER_DIR", str(directory / "owner")))
        self.control = environment.get("BUS_CONTROL", f"ipc://{self.owner_dir}/request.sock")
        self.host = environment.get("STREAM_HOST", LOOPBACK)
        published = {"PUBLISH_ADDRESS": "0.0.0.0"} if self.host == LOOPBACK else {}  # noqa: S104 only a setting
        settings = {"BUS_CONTROL": self.control, "OWNER_DIR": str(self.owner_dir)}
        super().__init__(directory, **{**settings, **published, **environment})
        self.origin = f"http://{self.host}:{self.stream_port}"
        self._names = names
        self._modules = modules
        self._settings_of = settings_of
        self.streams = [self.stream_port, *(free_port() for _ in range(replicas - 1))]
        self.archiver = int(self.environment["ARCHIVER_PORT"])

    def __enter__(self) -> Self:
        try:
            for name in self._names:
                self.start(name)
            for number in range(2, len(self.streams) + 1):
                self.start(f"stream-{number}")
            self._wait()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _wait(self) -> None:
        for port in self.streams if "stream" in self._names else ():
            wait_until(partial(answers, port, self.host), "stream answers", START_SECONDS)
            wait_until(lambda: self.status_of({}, port) != 503, "it knows ingest's state", START_SECONDS)  # noqa: B023
        if "archiver" in self._names:
            wait_until(lambda: answers(self.archiver), "the archiver answers", START_SECONDS)
            wait_until(lambda: self._at_archiver({}) != 503, "it knows ingest's state", START_SECONDS)

    def start(self, name: str) -> ServiceProcess:
        """`stream-2` is the second replica."""
        service, _, number = name.partition("-")
        port = self.streams[int(number or 1) - 1]
        environment = {**self.environment, "STREAM_PORT": str(port), **self._settings_of.get(service, {})}
        log = self._directory / f"{name}.log"
        process = ServiceProcess(self._modules.get(service, f"services.{service}"), environment, log, self.root)
        self._stack.callback(process.stop)
        self.services[name] = process
        return process

    def restart(self, name: str) -> None:
        """End it, unless it has ended, and start it again."""
        self.services[name].stop()
        self.start(name)

    def kill(self, name: str) -> None:
        self.services[name].signal(signal.SIGKILL)
        self.services[name].wait(10)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The process does not run within the block, and its connections stay."""
        self.services[name].signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.services[name].signal(signal.SIGCONT)

    # What people and programs do.

    def ask(self, method: str, path: str, who: Headers | None = None, body: str | None = None, **more: Any) -> Answer:
        """At the first replica. `more` as `ask` has it."""
        return ask(more.pop("port", self.stream_port), method, path, who, body, host=self.host, **more)

    def status_of(self, who: Headers, port: int | None = None, path: str = DEVICES, **more: Any) -> int:
        return self.ask("GET", path, who, port=port or self.stream_port, **more).status

    def everywhere(self, who: Headers) -> set[int]:
        """The statuses at each replica, and of the archive through stream and at the archiver itself."""
        live = {self.status_of(who, port) for port in self.streams}
        if "archiver" not in self._names:
            return live
        return live | {self.status_of(who, path=ARCHIVE), self._at_archiver(who)}

    def lets_in(self, who: Headers) -> bool:
        """Whether somebody is let in anywhere. 429 and 503 come before anybody looks whether a secret is right."""
        return bool(self.everywhere(who) - {401, 429, 503})

    def _at_archiver(self, who: Headers) -> int:
        return ask(self.archiver, "GET", ARCHIVE, who).status

    def code(self) -> str:
        """A new setup code, as the command has it."""
        return str(ask_here(self.owner_dir / "control.sock", "setup_code", {})["code"])

    def command(self, name: str, *arguments: str) -> str:
        """What `framecast NAME` writes, for one of the commands of access."""
        done = subprocess.run(
            [sys.executable, "-m", f"services.ingest.access_commands.{name}", *arguments],
            cwd=ROOT,
            env={**ALONE, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def set_up(self, code: str, password: str = PASSWORD, **more: Any) -> Answer:
        return self.ask("POST", "/setup", body=urllib.parse.urlencode({"code": code, "password": password}), **more)

    def log_in(self, password: str = PASSWORD, **more: Any) -> Answer:
        return self.ask("POST", "/login", body=urllib.parse.urlencode({"password": password}), **more)

    def claim(self) -> Headers:
        """The operator's session, known everywhere. If others have guessed before, it takes its turn."""
        answer = wait_until(lambda: self._if(200, self.set_up(self.code(), **self._elsewhere)), "it is claimed", 30)
        assert answer is not None
        operator = session_in(answer)
        wait_until(lambda: self.everywhere(operator) == {200}, "the session is known")
        return operator

    def operator(self) -> Headers:
        """Another session of the operator's, known everywhere; likewise."""
        answer = wait_until(lambda: self._if(303, self.log_in(**self._elsewhere)), "the login's turn comes", 30)
        assert answer is not None
        operator = session_in(answer)
        wait_until(lambda: self.everywhere(operator) == {200}, "the session is known")
        return operator

    @property
    def _elsewhere(self) -> dict[str, str]:
        """An address that is the owner's alone, where there is another one."""
        return {"source": OWNERS_ADDRESS} if self.host == LOOPBACK else {}

    @staticmethod
    def _if(status: int, answer: Answer) -> Answer | None:
        return answer if answer.status == status else None

    def decide(self, method: str, path: str, who: Headers, body: object = None, **more: Any) -> Answer:
        """At `/api/access` and `path` behind it."""
        return self.ask(method, f"/api/access{path}", who | JSON, None if body is None else json.dumps(body), **more)

    def make_token(self, who: Headers, name: str = "Tablet", **wanted: object) -> dict[str, Any]:
        """Its answer, when it is known everywhere."""
        answer = self.decide("POST", "/tokens", who, {"name": name, **wanted})
        assert answer.status == 200, answer.body
        made: dict[str, Any] = json.loads(answer.body)
        shown = {"Authorization": f"Bearer {made['secret']}"}
        wait_until(lambda: self.everywhere(shown) <= {200, 403}, "the token is known")
        return made

    def end_token(self, who: Headers, token: dict[str, Any], **more: Any) -> Answer:
        return self.decide("DELETE", f"/tokens/{token['id']}", who, **more)

    def tokens(self, who: Headers) -> list[dict[str, Any]]:
        answer = self.decide("GET", "/tokens", who)
        assert answer.status == 200, answer.body
        listed: list[dict[str, Any]] = json.loads(answer.body)
        return listed


def session_in(answer: Answer) -> Headers:
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
