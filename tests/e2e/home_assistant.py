"""Home Assistant itself, in the container of the programs. Its cameras are added by its forms, as a user adds them."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Final

from tests.e2e.compose import Answer
from tests.support.ports import free_port

IMAGE: Final = "framecast-test-programs"
_START_SECONDS: Final = 150.0
_ANSWER_SECONDS: Final = 60.0


class HomeAssistant:
    """`labels` are the texts beside the fields of each integration's form, by the fields' keys."""

    def __init__(self, port: int, token: str, labels: Mapping[str, Mapping[str, str]]) -> None:
        self._port = port
        self._token = token
        self._labels = labels

    def add(self, integration: str, form: Mapping[str, str], **more: object) -> Any:
        """Add a camera by an integration's form, label by label. The next step of the flow: an entry, or its errors."""
        keys = {label: key for key, label in self._labels[integration].items()}
        values = {keys[label]: value for label, value in form.items()}
        flow = self._post("flow", {"handler": integration})
        return self.submit(flow, values | more)

    def submit(self, flow: Mapping[str, str], values: Mapping[str, object]) -> Any:
        return self._post(f"flow/{flow['flow_id']}", values)

    def remove_cameras(self) -> None:
        for entry in self._cameras():
            self.ask("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")

    def configure(self, form: Mapping[str, str]) -> Any:
        """Change the one camera by its options, as under Configure."""
        (entry,) = self._cameras()
        keys = {label: key for key, label in self._labels["mjpeg"].items()}
        flow = self._post("options/flow", {"handler": entry["entry_id"]})
        return self._post(f"options/flow/{flow['flow_id']}", {keys[label]: value for label, value in form.items()})

    def camera(self) -> str:
        """The only camera's entity."""
        states = self.ask("GET", "/api/states").json()
        (only,) = [state["entity_id"] for state in states if state["entity_id"].startswith("camera.")]
        return str(only)

    def picture(self) -> Answer:
        """What a dashboard and a notification are given."""
        return self.ask("GET", f"/api/camera_proxy/{self.camera()}")

    @contextmanager
    def stream(self) -> Iterator[Any]:
        """The live picture of a dashboard: the response, whose body does not end by itself."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", f"/api/camera_proxy_stream/{self.camera()}", headers=self._headers())
            yield connection.getresponse()
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers())
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def _cameras(self) -> list[dict[str, str]]:
        entries = self.ask("GET", "/api/config/config_entries/entry").json()
        return [entry for entry in entries if entry["domain"] in self._labels]

    def _post(self, path: str, body: object) -> Any:
        answer = self.ask("POST", f"/api/config/config_entries/{path}", body)
        assert answer.status == 200, answer.body
        return answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}


@contextmanager
def running_home_assistant() -> Iterator[HomeAssistant]:
    """It listens on loopback, in this host's network, and ends with its standard input."""
    port = free_port()
    command = ["docker", "run", "--rm", "-i", "--network", "host", IMAGE]
    command += ["/home-assistant/bin/python", "/programs/home_assistant.py", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        overdue = threading.Timer(_START_SECONDS, running.terminate)
        overdue.start()
        started = running.stdout.readline()
        overdue.cancel()
        assert started, "Home Assistant did not start"
        yield HomeAssistant(port, **json.loads(started))
        assert running.stdin is not None
        running.stdin.close()
        running.wait(60)
