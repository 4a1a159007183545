"""What a server of RTSP tells: that it is one, and at which makers' addresses it has a stream.

A login goes there at most once: cameras lock out who keeps guessing. So the first path is one that no camera has; a
refusal of the login there ends the questions.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple

from services.ingest.discovery import texts
from services.ingest.discovery.address_templates import MAKERS, MakersAddress, askable, template
from services.ingest.discovery.found import Device, Stream
from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import ConnectionEndedError
from services.ingest.sources.rtsp.conversation import Conversation, RefusedError
from services.ingest.sources.rtsp.message import Message
from services.ingest.sources.rtsp.sdp import DescriptionError, parse_description

ANSWER_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 0.5
TEMPLATES_SECONDS: Final = 8.0
"""For all makers' addresses. Most cameras answer within milliseconds."""
NOBODYS_PATH: Final = "/framecast-looks-around"
_OK, _UNAUTHORIZED = 200, 401
_FAILURES: Final = (TimeoutError, ConnectionEndedError, SourceUnavailableError)
_CODECS: Final = {"H264": "h264", "H265": "h265", "JPEG": "jpeg", "MP4V-ES": "mpeg4"}
_STATIC_JPEG: Final = 26


class Described(NamedTuple):
    """The answer to one question. `status` is 0 where there was none. `login_works` is None where none was shown."""

    status: int
    codec: str | None = None
    login_works: bool | None = None
    is_silent: bool = False

    @property
    def has_stream(self) -> bool:
        return self.status == _OK

    @property
    def wants_login(self) -> bool:
        return self.status == _UNAUTHORIZED


class RtspServer:
    """At `port` of the IP address `host`."""

    def __init__(self, host: str, port: int, username: str = "", password: str = "") -> None:
        self.host: Final = host
        self.port: Final = port
        self._login: Final = username, password
        self.start: Final = f"rtsp://{f'[{host}]' if ':' in host else host}:{port}"

    async def is_one(self) -> bool:
        """Whether it speaks RTSP."""
        try:
            await self._request("OPTIONS", "/")
        except RefusedError as error:
            return error.answer.is_rtsp
        except _FAILURES:
            return False
        return True

    async def describe(self, path: str) -> Described:
        """What it has there. The login is shown if one is wanted."""
        described = await self._described(path)
        if described.wants_login and any(self._login):
            described = await self._described(path, *self._login)
            return described._replace(login_works=not described.wants_login)
        return described

    async def _described(self, path: str, *login: str) -> Described:
        try:
            answer = await self._request("DESCRIBE", path, *login)
        except RefusedError as error:
            return Described(error.status)
        except _FAILURES as error:
            return Described(0, is_silent=isinstance(error, TimeoutError))
        return Described(_OK, _codec_in(answer.text))

    async def _request(self, method: str, path: str, username: str = "", password: str = "") -> Message:
        address = RtspAddress(self.start, self.host, self.port, False, username, password)
        conversation = Conversation(address, None, lambda _: None, lambda: None)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await conversation.connect()
                return await conversation.request(method, self.start + path, {"Accept": "application/sdp"})
        finally:
            await conversation.connection.close(CLOSE_SECONDS)


async def ask_server(device: Device, server: RtspServer, *, with_templates: bool) -> Device:
    """The device with what its server tells. `with_templates`: ask for makers' addresses, and list those to try."""
    first = await server.describe(NOBODYS_PATH)
    if first.has_stream:
        stream = Stream(f"{server.start}/", codec=first.codec, role="main", notice=texts.ANY_PATH)
        return _with_login_of(replace(device, streams=(stream,)), first)
    if not with_templates:
        return _with_login_of(device, first).with_notice(texts.ASK_ONE)
    last = first
    if not first.wants_login:
        with suppress(TimeoutError):
            async with asyncio.timeout(TEMPLATES_SECONDS):
                for maker in askable(server.port):
                    last = await server.describe(maker.main)
                    if last.login_works is False or last.is_silent:
                        break
                    if last.has_stream or last.wants_login:
                        return _with_login_of(await _with_streams(device, server, maker, last), last)
    templates = tuple(template(maker, server.host, server.port) for maker in MAKERS)
    return _with_login_of(replace(device, templates=templates), last)


async def _with_streams(device: Device, server: RtspServer, maker: MakersAddress, main: Described) -> Device:
    """A path that wants a login where another one is unknown is there, too."""
    fitting = template(maker, server.host, server.port, answers=True)
    streams = [Stream(fitting.main_url, codec=main.codec, role="main")]
    if maker.sub is not None:
        sub = await server.describe(maker.sub)
        if sub.status == main.status:
            streams.append(Stream(fitting.sub_url, codec=sub.codec, role="sub"))
        else:
            fitting = replace(fitting, sub_url=None)
    return replace(device, streams=tuple(streams), templates=(fitting,))


def _with_login_of(device: Device, described: Described) -> Device:
    """With what the answer tells of the login, unless ONVIF has told it already."""
    if device.needs_password is not None or not (described.wants_login or described.login_works):
        return device
    device = replace(device, needs_password=True, password_works=described.login_works)
    if described.login_works:
        return device
    return device.with_notice(texts.NEEDS_LOGIN if described.login_works is None else texts.WRONG_LOGIN)


def _codec_in(description: str) -> str | None:
    try:
        medias = parse_description(description).medias
    except DescriptionError:
        return None
    for media in medias:
        encodings = {**dict.fromkeys(media.payload_types, ""), **media.encodings}
        if media.kind == "video":
            named = ("JPEG" if kind == _STATIC_JPEG and not name else name for kind, name in encodings.items())
            return next((_CODECS[name] for name in named if name in _CODECS), None)
    return None
