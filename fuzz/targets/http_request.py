"""Whatever anybody sends to stream's HTTP port: requests, bodies, cookies, links, and WebSockets with their messages.

It is the real application behind the real protocol. Only the network, the bus and the archive are not there.
"""

import asyncio
import time
from typing import Final

from fuzz.connection_end import Connections
from fuzz.pieces import in_chunks
from services.stream.api.connection_handover import DirectHttpProtocol
from services.stream.app import build_app
from services.stream.fanout.hub import Hub
from services.stream.settings import StreamSettings
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock

HANDLED: Final = ()
MAX_BYTES: Final = 8 * 1024
NOW: Final = 1_795_000_000
TOKEN: Final = "token-of-an-operator-1234"  # noqa: S105 of nobody
_SETTINGS: Final = StreamSettings.model_validate(
    {
        "operator_token": TOKEN,
        "viewer_password": "viewer's-s3cret",
        "allowed_origins": "http://pages.example",
        "trusted_proxies": "198.18.0.0/16",
        "archiver_url": "http://127.0.0.1:9",
        "base_path": "/cameras",
        "compatibility_urls": True,
    }
)


def _connections() -> Connections:
    async def hub_on_loop() -> Hub:
        return Hub("tcp://127.0.0.1:9")

    hub = asyncio.run(hub_on_loop())
    hub.cameras.hear(_status("porch"), hub.loop_seconds)
    app = build_app(_SETTINGS, hub, Clock(utc_ns=lambda: NOW * 10**9, monotonic=time.monotonic))
    return Connections(app, DirectHttpProtocol)


def _status(key: str) -> CameraStatus:
    return CameraStatus(
        camera=key,
        name=key.title(),
        order=0,
        is_default=True,
        source="rtsp",
        state=CameraState.OFFLINE,
        since_ns=NOW * 10**9,
        last_error=None,
        reconnects=0,
        width=64,
        height=48,
        fps=30.0,
        widths=(16, 32),
        viewer_count=0,
        capture_interval_seconds=3600,
        sent_at_ns=NOW * 10**9,
    )


CONNECTIONS: Final = _connections()


def read(data: bytes) -> None:
    """No request is a fault of ours: no error in the log, and no status 500."""
    sent = CONNECTIONS.play(in_chunks(data))
    assert not sent or sent.startswith(b"HTTP/1.1 "), sent[:80]
    assert b"HTTP/1.1 500 " not in sent, sent[:400]
