"""The three services as they are run, without a camera of one's own, and whoever sets cameras at the page."""

import json
import time
import urllib.parse
from pathlib import Path
from typing import Any, Final

from shared.control.local import ask_here
from tests.support.asking import Answer, answers, ask
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import Headers

PASSWORD: Final = "digging in the garden"  # noqa: S105 the test's own
SECRET: Final = "p@ss/wörd#1"  # noqa: S105 of the test's camera
CAMERAS: Final = "/api/settings/cameras"


class House:
    """The three services without a camera, and an operator's session."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.owner_dir = directory / "owner"
        control = f"tcp://127.0.0.1:{free_port()}"
        self.stack = Stack(directory, BUS_CONTROL=control, OWNER_DIR=str(self.owner_dir), **settings)
        self.port = self.stack.stream_port
        self.who: Headers = {}
        self.version = "none"

    def start(self) -> None:
        for name in ("ingest", "stream", "archiver"):
            self.stack.start(name)
        wait_until(lambda: answers(self.port), "stream answers", 20)
        wait_until(lambda: self.devices() != {}, "ingest is heard", 20)

    def code(self) -> str:
        return str(ask_here(self.owner_dir / "control.sock", "setup_code", {})["code"])

    def claim(self) -> None:
        form = urllib.parse.urlencode({"code": self.code(), "password": PASSWORD})
        answer = ask(self.port, "POST", "/setup", body=form)
        assert answer.status == 200, answer.body
        self.who = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        wait_until(lambda: ask(self.port, "GET", "/api/devices", self.who).status == 200, "the session is known")

    def ask(self, method: str, path: str = "", body: object = None, who: Headers | None = None) -> Answer:
        headers = (self.who if who is None else who) | {"Content-Type": "application/json"}
        return ask(self.port, method, CAMERAS + path, headers, None if body is None else json.dumps(body))

    def listed(self) -> dict[str, Any]:
        answer = self.ask("GET")
        assert answer.status == 200, answer.body
        told: dict[str, Any] = json.loads(answer.body)
        self.version = told["version"]
        return told

    def do(self, method: str, path: str, **body: object) -> dict[str, Any]:
        answer = self.ask(method, path, {"version": self.version, **body})
        assert answer.status in (200, 201), answer.body
        done: dict[str, Any] = json.loads(answer.body)
        self.version = done["version"]
        return done

    def devices(self) -> dict[str, dict[str, Any]]:
        answer = ask(self.port, "GET", "/api/devices", self.who)
        return {each["key"]: each for each in json.loads(answer.body).get("devices", [])}

    def state(self, key: str) -> str | None:
        found = self.devices().get(key)
        return None if found is None else str(found["state"])

    def wait_until_live(self, key: str) -> float:
        began_at = time.monotonic()
        wait_until(lambda: self.state(key) in ("live", "idle"), f"{key} is live", 30)
        return time.monotonic() - began_at


def pasted(camera: RtspCamera, password: str = SECRET) -> str:
    quoted = urllib.parse.quote(password, safe="")
    return camera.url.replace("rtsp://", f"rtsp://me:{quoted}@")
