"""Secrets, headers that carry them, and clocks that stand still, for the tests of access."""

import base64
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


def basic(password: str, user: str = "anybody") -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def web_settings(**members: object) -> WebSettings:
    return StreamSettings.model_validate(members)


@dataclass
class FakeTime:
    """Moves when told to."""

    seconds: float = 1_795_363_200.0

    @property
    def clock(self) -> Clock:
        return Clock(utc_ns=lambda: int(self.seconds * 10**9), monotonic=lambda: self.seconds)
