"""Secrets, headers that carry them, clocks that stand still, and bodies without end, for the tests of the web."""

import base64
import socket
import time
from dataclasses import dataclass

from services.stream.settings import StreamSettings
from shared.clock import Clock
from shared.web.settings import WebSettings

VIEWER, OPERATOR = "viewer's-s3cret", "operator's-s3cret"
VIEWER_TOKEN, OPERATOR_TOKEN = "token-of-a-viewer-1234", "token-of-an-operator-1234"
SECRETS = {
    "viewer_password": VIEWER,
    "operator_password": OPERATOR,
    "viewer_token": VIEWER_TOKEN,
    "operator_token": OPERATOR_TOKEN,
}
Headers = dict[str, str]
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
"""Of a body in chunks."""


def basic(password: str, user: str = "anybody") -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def flood(client: socket.socket, seconds: float = 30) -> None:
    """Send chunks as fast as they are taken in, until that fails or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client.sendall(CHUNK)


def web_settings(**members: object) -> WebSettings:
    return StreamSettings.model_validate(members)


@dataclass
class FakeTime:
    """Moves when told to."""

    seconds: float = 1_795_363_200.0

    @property
    def clock(self) -> Clock:
        return Clock(utc_ns=lambda: int(self.seconds * 10**9), monotonic=lambda: self.seconds)
