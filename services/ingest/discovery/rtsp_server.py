"""What a server of RTSP tells: that it is one, and at which makers' addresses it has a stream.

A login goes there at most once: cameras lock out who keeps guessing. So the first path is one that no camera has; a
refusal of the login there ends the questions.
"""

import asyncio
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
NOBODYS_PATH: Final = "/framecast-looks-around"
_OK, _UNAUTHORIZED = 200, 401
_FAILURES: Final = (TimeoutError, ConnectionEndedError, SourceUnavailableError)
_CODECS: Final = {"H264": "h264", "H265": "h265", "JPEG": "jpeg", "MP4V-ES": "mpeg4"}
_STATIC_JPEG: Final = 26


class Described(NamedTuple):
    """The answer to one question. `status` is 0 where there was none."""

    status: int
    codec: str | None = None
    login_was_refused: bool = False

    @property
    def has_stream(self) -> bool:
        return self.status == _OK


class RtspServer:
    """At `port` of the IP address `host`."""

    def __init__(self, host: str, port: int, username: str = "", password: str = "") -> None:
        self.host: Final = host
        self.port: Final = port
        self._login: Final = username, password
        self.start: Final = f"rtsp://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def has_login(self) -> bool:
        return any(self._login)

    async def is_one(self) -> bool:
        """Whether it speaks RTSP."""
        try:
            await self._request("OPTIONS", "/", ("", ""))
        except RefusedError as error:
            return error.answer.is_rtsp
        except _FAILURES:
            return False
        return True

    async def describe(self, path: str) -> Described:
        """What it has there."""
        try:
            answer = await self._request("DESCRIBE", path, self._login)
        except RefusedError as error:
            return Described(error.status, login_was_refused=error.are_credentials_refused)
        except _FAILURES:
            return Described(0)
        return Described(_OK, _codec_in(answer.text))

    async def _request(self, method: str, path: str, login: tuple[str, str]) -> Message:
        address = RtspAddress(self.start, self.host, self.port, False, *login)
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
        works = True if server.has_login else None
        return replace(device, streams=(stream,), password_works=works)
    if first.status == _UNAUTHORIZED or not with_templates:
        return _without_streams(device, server, first, with_templates=with_templates)
    for maker in askable(server.port):
        main = await server.describe(maker.main)
        if main.login_was_refused or main.status == 0:
            return _without_streams(device, server, main, with_templates=True)
        if main.has_stream or main.status == _UNAUTHORIZED:
            return await _of_maker(device, server, maker, main)
    return _without_streams(device, server, first, with_templates=True)


async def _of_maker(device: Device, server: RtspServer, maker: MakersAddress, main: Described) -> Device:
    """A path that wants a login where another one is unknown is there, too."""
    fitting = template(maker, server.host, server.port, answers=True)
    streams = [Stream(fitting.main_url, codec=main.codec, role="main")]
    if maker.sub is not None:
        sub = await server.describe(maker.sub)
        if sub.status == main.status:
            streams.append(Stream(fitting.sub_url, codec=sub.codec, role="sub"))
        else:
            fitting = replace(fitting, sub_url=None)
    needs_password = True if main.status == _UNAUTHORIZED else None
    works = True if main.has_stream and server.has_login else None
    return replace(
        device, streams=tuple(streams), templates=(fitting,), needs_password=needs_password, password_works=works
    )


def _without_streams(device: Device, server: RtspServer, last: Described, *, with_templates: bool) -> Device:
    templates = tuple(template(maker, server.host, server.port) for maker in MAKERS) if with_templates else ()
    device = replace(device, templates=templates)
    if last.status == _UNAUTHORIZED:
        works = False if last.login_was_refused else None
        device = replace(device, needs_password=True, password_works=works)
        device = device.with_notice(texts.WRONG_LOGIN if last.login_was_refused else texts.NEEDS_LOGIN)
    return device if with_templates else device.with_notice(texts.ASK_ONE)


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
