"""The soak's cameras and viewers, which come and go.

Three cameras. `steady` stays, so what its process holds can be compared over hours. `restless` is killed at one change
and started at the next. `guest` is removed at one change and added at the next, as at the page of cameras. At each
change the steady one's address is tried, a viewer comes, the one that watched longest leaves, a WebSocket is opened
for five pictures, and the archive is read.
"""

import json
import random
from collections import deque
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from shared.control.local import ask_here
from tests.support.asking import ask
from tests.support.camera import RtspCamera
from tests.support.camera_house import CAMERAS
from tests.support.mjpeg import Viewer
from tests.support.services import Stack

STEADY, RESTLESS, GUEST = "steady", "restless", "guest"
CHANGE_SECONDS: Final = 20.0
ROUND_SECONDS: Final = 2 * CHANGE_SECONDS
"""After this everything is as it was."""
FPS: Final = 10
PASSING_VIEWERS: Final = 4
CAPTURE_SECONDS: Final = 10
SOCKET_PICTURES: Final = 5
PATIENCE_SECONDS: Final = 30.0
READS: Final = (
    "/api/devices",
    "/api/status",
    "/api/camera/frames?limit=20",
    "/api/camera/frames/status",
    f"/api/camera/frames/latest?camera={STEADY}",
    "/readyz",
)


class Traffic:
    """The cameras, the stack that pulls them, and its viewers; entered when the steady viewer has a picture."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it only chooses cameras and viewers
        self._file, self._owner_dir = directory / "cameras.toml", directory / "owner"
        self._cameras = {key: RtspCamera(fps=FPS) for key in (STEADY, RESTLESS, GUEST)}
        self._stack_of_all = ExitStack()
        self._passing: deque[Viewer] = deque()
        self._changes = 0
        self.stack = Stack(directory, CAMERAS_FILE=str(self._file))
        self.problems: list[str] = []
        """What should not have happened, in words."""

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            for camera in self._cameras.values():
                ends.enter_context(camera)
            self._file.write_text("\n".join(f"[[camera]]\n{self._lines(key)}" for key in self._cameras))
            ends.enter_context(self.stack)
            self.watcher = ends.enter_context(Viewer(self.stack.stream_port, f"/api/cameras/{STEADY}/stream"))
            ends.callback(self._leave_all)
            self._stack_of_all = ends.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack_of_all.close()

    def change(self) -> None:
        """One change; call it every 20 seconds. It returns within a second or two."""
        leaves = self._changes % 2 == 0
        self._changes += 1
        if leaves:
            self._cameras[RESTLESS].kill()
            self._ask_for_cameras(f"/{GUEST}/remove", {"version": self._version()})
        else:
            self._cameras[RESTLESS].start()
            self._ask_for_cameras("", {"version": self._version(), "settings": self._settings(GUEST)})
        tried = self._ask_for_cameras("/test", {"key": STEADY, "settings": {}})
        if not tried.get("works"):
            self.problems.append(f"the steady camera's address was tried in vain: {tried.get('reason')}")
        self._renew_viewers()
        self._read_a_socket()
        for path in READS:
            if not self.stack.get(path):
                self.problems.append(f"no answer from {path} at change {self._changes}")

    def ends(self) -> list[str]:
        """What ended and should not have, in words: a service, or the steady viewer's stream."""
        found = [f"{name} has ended" for name, service in self.stack.services.items() if not service.is_running()]
        return [*found, "the viewer of the steady camera was cut"] if self.watcher.ended.is_set() else found

    def _settings(self, key: str) -> dict[str, str | int]:
        return {"device_key": key, "rtsp_url": self._cameras[key].url, "capture_interval": CAPTURE_SECONDS}

    def _lines(self, key: str) -> str:
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in self._settings(key).items())

    def _code(self) -> str:
        """Nobody has set a password, so a code is asked for."""
        return str(ask_here(self._owner_dir / "control.sock", "setup_code", {})["code"])

    def _version(self) -> str:
        answer = ask(self.stack.stream_port, "GET", CAMERAS, {"X-Framecast-Code": self._code()})
        return str(json.loads(answer.body).get("version"))

    def _ask_for_cameras(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of the cameras' door. A refusal is a problem."""
        asked = json.dumps({**body, "code": self._code()})
        answer = ask(self.stack.stream_port, "POST", CAMERAS + path, {"Content-Type": "application/json"}, asked)
        told: dict[str, Any] = json.loads(answer.body)
        if answer.status not in (200, 201):
            self.problems.append(f"{path or 'a new camera'} was refused at change {self._changes}: {told}")
        return told

    def _renew_viewers(self) -> None:
        known = [device["key"] for device in self.stack.get("/api/devices").get("devices", [])]
        key = self._random.choice(known or [STEADY])
        viewer = Viewer(self.stack.stream_port, f"/api/cameras/{key}/stream")
        try:
            self._passing.append(viewer.__enter__())
        except (AssertionError, OSError, HTTPException) as error:
            # The guest may have been forgotten since the list was read.
            if key != GUEST:
                self.problems.append(f"a viewer of {key} was refused: {error}")
        if len(self._passing) > PASSING_VIEWERS:
            self._passing.popleft().__exit__(None, None, None)

    def _read_a_socket(self) -> None:
        address = f"ws://127.0.0.1:{self.stack.stream_port}/api/cameras/{STEADY}/ws"
        try:
            with connect(address, proxy=None, open_timeout=PATIENCE_SECONDS) as socket:
                for _ in range(SOCKET_PICTURES):
                    socket.recv(PATIENCE_SECONDS)
                    socket.send(json.dumps({"ack": STEADY}))
        except (OSError, WebSocketException) as error:
            self.problems.append(f"a WebSocket failed at change {self._changes}: {error!r}")

    def _leave_all(self) -> None:
        while self._passing:
            self._passing.pop().__exit__(None, None, None)
