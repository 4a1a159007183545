"""Frames over a WebSocket: several cameras on one connection, each paced by the client's acknowledgements.

On HTTP/1.1 a page has six connections to a host; one socket carries all its cameras. Newest wins here too: a camera has
at most `WINDOW` pictures in flight, and a picture that waits is replaced by a newer one.

The client sends text: `{"watch": "camera_2", "width": 640, "fps": 10}`, `{"unwatch": "camera_2"}`, and
`{"ack": "camera_1"}` for each picture it has taken in. The server sends binary messages of one picture (`as_message`).
"""

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.stream.api.per_address_limit import PerAddressLimit
from services.stream.base import texts
from services.stream.base.errors import (
    NotOnThisLinkError,
    TooManyViewersError,
    UnknownCameraError,
    WidthNotOfferedError,
)
from services.stream.fanout.hub import Hub
from services.stream.fanout.picture import Picture
from services.stream.fanout.viewer import WaitingViewer
from services.stream.fanout.viewer_registry import ViewRequest
from shared.bus.frames import MAX_SIDE_PIXELS
from shared.bus.topics import CameraKey
from shared.web.access.guarded_request import TOKEN
from shared.web.access.roles import requester_of
from shared.web.access.share_links import PARAMETER
from shared.web.client_log import limit_met

WINDOW: Final = 2
"""Pictures in flight per camera: one on its way while the other's acknowledgement comes back."""
MAX_CAMERAS: Final = 64
POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013
GOING_AWAY: Final = 1001
_OF_THE_ADDRESS: Final = frozenset({PARAMETER, TOKEN, "camera"})
"""Parts of the query that are no part of the first message."""
_MAX_REASON_BYTES: Final = 123
"""RFC 6455 limits a reason to this. With a longer one the close would fail, and the client see a broken connection."""


def as_message(picture: Picture) -> bytes:
    """A framing: the length of a JSON header (4 bytes, big-endian), the header, the JPEG."""
    header = {
        "camera": picture.camera_key,
        "captured_at_ms": picture.captured_at_ns // 10**6,
        "live": picture.live,
    }
    encoded = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">I", len(encoded)) + encoded + picture.jpeg


class ClientMessage(BaseModel):
    """One text message of the client: exactly one of watch, unwatch and ack."""

    model_config = ConfigDict(extra="forbid")

    watch: CameraKey | None = None
    unwatch: CameraKey | None = None
    ack: CameraKey | None = None
    width: int | None = Field(None, ge=1, le=MAX_SIDE_PIXELS)
    fps: float | None = Field(None, gt=0, le=120)
    quality: str | None = Field(None, pattern="^auto$")


class _Channel:
    """One camera on a socket."""

    def __init__(self, viewer: WaitingViewer) -> None:
        self.viewer = viewer
        self.in_flight = 0


class FrameSocket:
    """One client's socket from its acceptance to its end. The first message is its address: it watches `camera_key`, as
    the query says. None is a default camera that is not known yet.
    """

    window: float = WINDOW
    """How many pictures of a camera may be without an acknowledgement."""
    framing = staticmethod(as_message)

    def __init__(self, hub: Hub, limit: PerAddressLimit, socket: WebSocket, camera_key: str | None) -> None:
        self._hub = hub
        self._limit = limit
        self._requester = requester_of(socket.scope)
        self._socket = socket
        self._changed = asyncio.Event()
        self._channels: dict[str, _Channel] = {}
        self._camera_key = camera_key
        self._is_withdrawn = False

    async def serve(self) -> None:
        """Send pictures until the client leaves or errs, or the hub closes."""
        await self._socket.accept()
        sending = asyncio.create_task(self._send_for_ever())
        ends_at = self._requester.ends_at
        try:
            async with asyncio.timeout(None if ends_at is None else ends_at - time.time()) as end, self._permitted(end):
                self._handle_address()
                while True:
                    await self._handle_text(await self._socket.receive_text())
        except TimeoutError:
            await self._end_in_time()
        except WebSocketDisconnect:
            pass
        except KeyError:  # a binary message has no text
            await self._refuse(texts.SOCKET_TAKES_TEXT)
        except ValidationError as error:
            await self._refuse(texts.message_not_understood(error.errors()[0]["msg"]))
        except UnknownCameraError as error:
            await self._refuse(str(error), POLICY_VIOLATION if error.is_final else TRY_AGAIN_LATER)
        except (TooManyViewersError, NotOnThisLinkError, WidthNotOfferedError) as error:
            await self._refuse(str(error))
        finally:
            sending.cancel()
            for camera_key in tuple(self._channels):
                self._unwatch(camera_key)

    def _handle_address(self) -> None:
        options = {name: value for name, value in self._socket.query_params.items() if name not in _OF_THE_ADDRESS}
        self._watch_camera(options)

    def _watch_camera(self, options: Mapping[str, str]) -> None:
        """Watch the camera of the address."""
        if self._camera_key is None:
            raise UnknownCameraError("", is_final=False)
        self._watch(self._camera_key, ClientMessage.model_validate({**options, "watch": self._camera_key}))

    async def _handle_text(self, text: str) -> None:
        self._handle(ClientMessage.model_validate_json(text))

    @asynccontextmanager
    async def _permitted(self, end: asyncio.Timeout) -> AsyncIterator[None]:
        """The time-out comes at once when what let the client in is taken back."""
        permission = self._requester.permission
        forget = None if permission is None else permission.when_withdrawn(partial(self._withdraw, end))
        try:
            yield
        finally:
            if forget is not None:
                forget()

    def _withdraw(self, end: asyncio.Timeout) -> None:
        self._is_withdrawn = True
        with suppress(RuntimeError):  # the client has just left
            end.reschedule(asyncio.get_running_loop().time())

    async def _end_in_time(self) -> None:
        """What let the client in has ended, or the proxy that signed the user on is to be asked again."""
        permission = self._requester.permission
        if permission is not None and permission.is_access_closed:
            await self._refuse(texts.ACCESS_CLOSED)
        elif self._requester.has_link:
            await self._refuse(texts.LINK_ENDED if self._is_withdrawn else texts.LINK_EXPIRED)
        elif self._is_withdrawn or self._requester.user is None:
            await self._refuse(texts.ACCESS_WITHDRAWN)
        else:
            await self._refuse(texts.SIGN_ON_AGAIN, GOING_AWAY)

    def _handle(self, message: ClientMessage) -> None:
        if message.ack is not None and (channel := self._channels.get(message.ack)) is not None:
            channel.in_flight = max(0, channel.in_flight - 1)
            self._changed.set()
        if message.unwatch is not None:
            self._unwatch(message.unwatch)
        if message.watch is not None:
            if not self._requester.may_see(message.watch):
                is_link = self._requester.has_link
                raise NotOnThisLinkError(texts.LINK_IS_FOR_ONE_CAMERA if is_link else texts.FOR_OTHER_CAMERAS)
            self._watch(message.watch, message)

    def _watch(self, camera_key: str, message: ClientMessage) -> None:
        address = self._requester.address
        if self._hub.is_full:
            limit_met("viewers", address, self._hub.max_viewers, "STREAM_MAX_VIEWERS")
            raise TooManyViewersError(texts.server_full(self._hub.max_viewers))
        if len(self._channels) >= MAX_CAMERAS:
            limit_met("cameras of one socket", address, MAX_CAMERAS)
            raise TooManyViewersError(texts.socket_full(MAX_CAMERAS))
        self._hub.cameras.find(camera_key, self._hub.loop_seconds).check_width(message.width)
        self._unwatch(camera_key)
        if not self._limit.has_room(address):
            most = self._limit.max_per_address
            limit_met("viewers of one address", address, most, "STREAM_MAX_VIEWERS_PER_ADDRESS")
            raise TooManyViewersError(texts.address_full(most))
        viewer = WaitingViewer(self.framing, self._changed, message.fps)
        viewer.is_guest = self._requester.has_link
        self._channels[camera_key] = _Channel(viewer)
        self._limit.add(address)
        self._hub.attach(viewer, ViewRequest(camera_key, message.width, auto_quality=message.quality == "auto"))

    def _unwatch(self, camera_key: str) -> None:
        if (channel := self._channels.pop(camera_key, None)) is not None:
            self._hub.detach(channel.viewer)
            self._limit.remove(self._requester.address)

    async def _send_for_ever(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # the client has left, and `serve` ends too
            while not any(channel.viewer.closed for channel in self._channels.values()):
                await self._changed.wait()
                self._changed.clear()
                for channel in tuple(self._channels.values()):
                    if channel.in_flight < self.window and (part := channel.viewer.take_part()) is not None:
                        channel.in_flight += 1
                        await self._socket.send_bytes(part)
            await self._socket.close(GOING_AWAY, texts.STOPPING)

    @property
    def is_watching(self) -> bool:
        return bool(self._channels)

    async def _send_text(self, text: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # the client has left
            await self._socket.send_text(text)

    async def _refuse(self, reason: str, code: int = POLICY_VIOLATION) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close(code, _cut(reason))


def _cut(reason: str) -> str:
    """As much of it as fits, in whole characters."""
    return reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
