"""Forwards the archive's addresses to the archiver, so that port 8001 is the one origin.

Bodies pass in both directions while they arrive; nothing is held. Credentials pass too, except those that the guard has
found wrong: the archiver verifies them itself, as it does for its direct clients. Where it refuses what stream takes,
as with a clock that is a year ahead, that is trouble of ours: a login would lead back to the same refusal.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import httpx2
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.stream.api.archive_pulse import ArchiveHangsError, ArchivePulse
from services.stream.api.per_address_limit import PerAddressLimit
from services.stream.base import texts
from shared.web.access.roles import READING, requester_of
from shared.web.client_log import limit_met

CONNECT_SECONDS: Final = 3.0
MAX_CONNECTIONS: Final = 1000
"""A download holds one as long as its client reads, so the limit per address must bite first."""
READ_SECONDS: Final = 60.0
ADDRESSES: Final = ("/api/camera/frames", "/api/camera/timelapses", "/api/camera/retention")
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "DELETE"]
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_LENGTH: Final = b"content-length"
_FORWARDING: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-proto"})
"""Whether the client's own are believed is stream's to decide; the archiver believes stream."""


def archive_client(archiver_url: str) -> httpx2.AsyncClient:
    """A client for the archiver. It ignores the environment's proxies: the archiver is a neighbour."""
    client = httpx2.AsyncClient(
        base_url=archiver_url,
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=20),
        trust_env=False,
    )
    # What the client of ours did not send is not asked for: plain curl got gzip.
    for name in ("Accept", "Accept-Encoding", "User-Agent"):
        del client.headers[name]
    return client


Forward = Callable[[Request], Awaitable[Response]]


def archive_router(forward: Forward) -> APIRouter:
    """All addresses of the archive."""
    router = APIRouter(tags=["archive"], include_in_schema=False)
    for address in ADDRESSES:
        router.add_api_route(address, forward, methods=METHODS)
        router.add_api_route(address + "/{rest:path}", forward, methods=METHODS)
    return router


def forwarding(client: httpx2.AsyncClient, limit: PerAddressLimit) -> Forward:
    """An endpoint that passes a request on to the same address at the archiver. `limit` counts those under way."""
    pulse = ArchivePulse(client)

    async def forward(request: Request) -> Response:
        url = _address_at_the_archiver(request)
        address = requester_of(request.scope).address
        if not limit.has_room(address):
            most = limit.max_per_address
            limit_met("archive requests of one address", address, most, "STREAM_MAX_VIEWERS_PER_ADDRESS")
            raise HTTPException(429, texts.archive_address_full(most), {"Retry-After": "5"})
        outgoing = request_to_the_archiver(client, url, request)
        with ExitStack() as place:
            limit.add(address)
            place.callback(limit.remove, address)
            try:
                answer = await (pulse.answer(outgoing) if request.method in READING else pulse.send(outgoing))
            except ArchiveHangsError:
                return JSONResponse({"detail": texts.ARCHIVE_HANGS}, 504, headers={"Retry-After": "10"})
            except httpx2.PoolTimeout:
                limit_met("archive requests", address, MAX_CONNECTIONS)
                return JSONResponse({"detail": texts.archive_full(MAX_CONNECTIONS)}, 503, headers={"Retry-After": "5"})
            except httpx2.ReadTimeout:
                return JSONResponse({"detail": texts.archive_silent(READ_SECONDS)}, 504, headers={"Retry-After": "30"})
            except httpx2.TransportError:
                return JSONResponse({"detail": texts.ARCHIVE_UNREACHABLE}, 502, headers={"Retry-After": "2"})
            if answer.status_code == HTTPStatus.UNAUTHORIZED and requester_of(request.scope).role is not None:
                await answer.aclose()
                return JSONResponse({"detail": texts.ARCHIVE_REFUSES_THE_LOGIN}, 502, headers={"Retry-After": "5"})
            return _Forwarded(answer, on_end=place.pop_all().close)

    return forward


def _address_at_the_archiver(request: Request) -> httpx2.URL:
    """Quoted anew from the decoded path, so that it is read there as it was read here.

    Raises:
        HTTPException: 404 for a path with characters or steps that no address of the archive has.
    """
    path: str = request.scope["path"]
    if not path.isprintable() or {".", ".."} & set(path.replace("\\", "/").split("/")):
        raise HTTPException(404, texts.NO_SUCH_ARCHIVE_ADDRESS)
    query: bytes = request.scope["query_string"]
    return httpx2.URL(raw_path=quote(path, safe="/@:!$&'()*+,;=").encode() + (b"?" + query if query else b""))


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower().decode("latin-1") not in _HOP_BY_HOP]


def request_to_the_archiver(client: httpx2.AsyncClient, url: httpx2.URL, request: Request) -> httpx2.Request:
    """The same request at `url`, a path with its query, in the name of the client that sent it."""
    requester = requester_of(request.scope)
    headers = [each for each in _end_to_end(request.headers.raw) if each[0] not in _FORWARDING]
    headers.append((b"x-forwarded-for", requester.address.encode("latin-1")))
    headers.append((b"x-forwarded-proto", b"https" if requester.is_https else b"http"))
    if request.method in READING:
        # No endpoint reads such a body and nothing limits its size, so it is not passed on.
        return client.build_request(request.method, url, headers=[each for each in headers if each[0] != _LENGTH])
    return client.build_request(request.method, url, headers=headers, content=_body(request))


def _body(request: Request) -> AsyncIterator[bytes] | None:
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


class _Forwarded(StreamingResponse):
    """The archiver's answer, passed on as it arrives. It frees the connection in the end, and calls `on_end`."""

    def __init__(self, answer: httpx2.Response, on_end: Callable[[], None]) -> None:
        super().__init__(answer.aiter_raw(), answer.status_code)
        self.raw_headers = _end_to_end(answer.headers.raw)
        self._answer = answer
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()
            await self._answer.aclose()
