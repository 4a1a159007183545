"""One request to a device over HTTP or HTTPS: bounded in time and bytes, to one IP address, and followed nowhere.

Any certificate will do, for nothing is sent that the same device may not be told in the clear
(docs/decisions/0071).
"""

import asyncio
import http.client
import io
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.places import without_zone
from services.ingest.discovery.xml_document import MAX_BYTES
from shared.errors import FramecastError

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_LOOKS: Final = 64
"""One that comes in more pieces must end its connection: to look after each byte would take a second of CPU time."""
_READ_BYTES: Final = 64 * 1024


class NoAnswerError(FramecastError):
    """Raised when nobody answers, or not as HTTP does."""


class Answer(NamedTuple):
    """`headers` has names in lower case; values of a repeated header are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Received:
    """What has arrived, as http.client reads from a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


async def post(host: str, place: ServicePlace, headers: Mapping[str, str], body: bytes) -> Answer:
    """The caller limits the time.

    Raises:
        NoAnswerError: there is no whole answer of HTTP's.
    """
    own_name = f"[{without_zone(host)}]" if ":" in host else host
    lines = [
        f"POST {place.path} HTTP/1.1",
        f"Host: {own_name}:{place.port}",
        "User-Agent: Framecast",
        "Connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    try:
        reader, writer = await _connected(host, place)
    except OSError as error:
        raise NoAnswerError("not connected") from error
    try:
        writer.write(head.encode() + body)
        return await _answer(reader)
    except OSError as error:
        raise NoAnswerError("ended") from error
    finally:
        writer.transport.abort()


async def _connected(host: str, place: ServicePlace) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not place.is_encrypted:
        return await asyncio.open_connection(host, place.port)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return await asyncio.open_connection(host, place.port, ssl=tls, server_hostname="")


async def _answer(reader: asyncio.StreamReader) -> Answer:
    """Some devices keep the connection although they should close it. So the answer ends when it is whole."""
    data, looks = bytearray(), 0
    while len(data) <= MAX_BYTES + MAX_HEAD_BYTES:
        received = await reader.read(_READ_BYTES)
        data += received
        if not received:
            return read_answer(bytes(data), is_all=True)
        looks += 1
        with suppress(NoAnswerError):
            if looks <= MAX_LOOKS:
                return read_answer(bytes(data), is_all=False)
    raise NoAnswerError("more than a device's answer")


def read_answer(data: bytes, *, is_all: bool) -> Answer:
    """What `data` says. `is_all`: no more will arrive, so an answer without a length is whole.

    Raises:
        NoAnswerError: it is no answer, or not a whole one.
    """
    response = http.client.HTTPResponse(_Received(data), method="POST")  # type: ignore[arg-type] # no socket needed
    try:
        response.begin()
        if response.length is None and not response.chunked and not is_all:
            raise NoAnswerError("no end yet")
        body = response.read(MAX_BYTES + 1) if not response.chunked else response.read()
        if response.length:
            raise NoAnswerError("not whole")
    except (http.client.HTTPException, ValueError, OSError) as error:
        raise NoAnswerError("no answer of HTTP's") from error
    if len(body) > MAX_BYTES:
        raise NoAnswerError("more than a device's answer")
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        one_line = " ".join(str(value).split())
        headers[name.lower()] = f"{headers[name.lower()]}, {one_line}" if name.lower() in headers else one_line
    return Answer(response.status, headers, body)
