"""go2rtc's WebSocket (`/api/ws?src=`), as far as a server of MJPEG can answer it. Its player, which Home
Assistant's WebRTC card has too, asks for MJPEG when nothing better is offered.

The client sends JSON, `{"type": "mjpeg"}`. It gets the same back, then each picture as a binary message, a plain JPEG.
Nothing acknowledges a picture here: the connection alone tells how fast the client is.
"""

import json
from typing import Final

from pydantic import BaseModel

from services.stream.api.websocket import POLICY_VIOLATION, FrameSocket
from services.stream.base import texts
from services.stream.fanout.picture import Picture

IN_SCOPE: Final = "framecast.go2rtc"
"""Set for a connection that was opened at go2rtc's address."""
_MJPEG: Final = "mjpeg"
_OTHER_MEDIA: Final = frozenset({"mse", "mp4", "hls", "webrtc", "webrtc/offer"})
"""A client that asks for one of these waits for an error before it asks for MJPEG."""


class _Message(BaseModel):
    """`value` is more than MJPEG needs."""

    type: str


class Go2rtcSocket(FrameSocket):
    """One client's socket. Its first picture comes when it asks for MJPEG."""

    window = float("inf")

    @staticmethod
    def framing(picture: Picture) -> bytes:
        return picture.jpeg

    def _handle_address(self) -> None:
        """The address names the camera and asks for nothing yet."""

    async def _handle_text(self, text: str) -> None:
        kind = _Message.model_validate_json(text).type
        if kind in _OTHER_MEDIA:
            await self._say("error", f"{kind}: {texts.MJPEG_ALONE}")
        elif kind == _MJPEG and not self.is_watching:
            await self._say(_MJPEG)
            self._watch_camera({})

    async def _refuse(self, reason: str, code: int = POLICY_VIOLATION) -> None:
        await self._say("error", f"{_MJPEG}: {reason}")
        await super()._refuse(reason, code)

    async def _say(self, kind: str, value: str | None = None) -> None:
        await self._send_text(json.dumps({"type": kind} if value is None else {"type": kind, "value": value}))
