"""Debian's Firefox, driven over Marionette, Firefox's own protocol. geckodriver would only translate to it.

A packet is `LENGTH:JSON`; a command is `[0, id, name, parameters]`, its answer `[1, id, error, result]`.
"""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.clients.programs import Program
from tests.support.waiting import wait_until

FIREFOX: Final = "firefox-esr"
_START_SECONDS: Final = 25.0
_ANSWER_SECONDS: Final = 60.0
_LIFE_SECONDS: Final = 600.0
"""One Firefox serves all the tests of a module."""
_PREFERENCES: Final = {
    "marionette.port": 0,  # any free port; Firefox writes it to a file
    # Requests beyond loopback go to a proxy that does not exist, so the browser can't call home.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
}


class MarionetteError(Exception):
    """Raised when Firefox answers a command with an error."""


class Firefox:
    """A session with a running Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _ANSWER_SECONDS)
        self._packets = self._socket.makefile("rb")
        self._commands = 0
        self._receive()  # the greeting
        self.command("WebDriver:NewSession", pageLoadStrategy="none")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._packets.close()
        self._socket.close()

    def open(self, url: str) -> None:
        """Open a URL without waiting for the document to be complete. An endless document never is."""
        self.command("WebDriver:Navigate", url=url)

    def screenshot(self) -> NDArray[np.uint8] | None:
        """The visible part of the page as BGR; None between one document and the next."""
        try:
            png = base64.b64decode(self.command("WebDriver:TakeScreenshot", full=False)["value"])
        except MarionetteError:
            return None
        return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value] # loosely typed

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page, as far as JSON can express it."""
        return self.command("WebDriver:ExecuteScript", script=f"return {expression}", args=[])["value"]

    def command(self, name: str, **parameters: object) -> Any:
        self._commands += 1
        packet = json.dumps([0, self._commands, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(packet), packet))
        _, number, error, result = self._receive()
        assert number == self._commands, "an answer to another command"
        if error is not None:
            raise MarionetteError(f"{name}: {error['message']}")
        return result

    def _receive(self) -> Any:
        length = bytearray()
        while (digit := self._packets.read(1)) != b":":
            assert digit, "Firefox is gone"
            length += digit
        return json.loads(self._packets.read(int(length)))


@contextmanager
def running_firefox(home: Path) -> Iterator[Firefox]:
    """Run Firefox headless with `home` as its profile. As root, Firefox refuses a home that belongs to another user."""
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
    (home / "user.js").write_text("\n".join(lines))
    port_file = home / "MarionetteActivePort"
    command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(home), "about:blank"]
    with Program(*command, home=home, unprivileged=True, seconds=_LIFE_SECONDS):
        wait_until(lambda: port_file.exists() and port_file.read_text(), "Firefox is ready", _START_SECONDS)
        with Firefox(int(port_file.read_text())) as firefox:
            yield firefox
