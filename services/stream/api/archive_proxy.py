"""Forwards the archive's addresses to the archiver, so that port 8001 is the one origin where there is no gateway.

Bodies pass in both directions while they arrive; nothing is held. Credentials pass too, except those that the guard has
found wrong: the archiver verifies them itself, as it does for its direct clients.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx2
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from services.stream.base import texts

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 60.0
ADDRESSES: Final = ("/api/camera/frames", "/api/camera/timelapses", "/api/camera/retention")
METHODS: Final = ["GET", "HEAD", "POST", "DELETE"]
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


def archive_client(archiver_url: str) -> httpx2.AsyncClient:
    """A client for the archiver. It ignores the environment's proxies: the archiver is a neighbour."""
    return httpx2.AsyncClient(
        base_url=archiver_url, timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS), trust_env=False
    )


def archive_router(client: httpx2.AsyncClient) -> APIRouter:
    router = APIRouter(tags=["archive"], include_in_schema=False)

    async def forward(request: Request) -> Response:
        query = request.scope["query_string"]
        url = httpx2.URL(path=request.url.path, query=query) if query else httpx2.URL(path=request.url.path)
        outgoing = client.build_request(
            request.method, url, headers=_end_to_end(request.headers.raw), content=_body(request)
        )
        try:
            answer = await client.send(outgoing, stream=True)
        except httpx2.TransportError:
            return JSONResponse({"detail": texts.ARCHIVE_UNREACHABLE}, status_code=502, headers={"Retry-After": "2"})
        response = StreamingResponse(_bytes_of(answer), status_code=answer.status_code)
        response.raw_headers = _end_to_end(answer.headers.raw)
        return response

    for address in ADDRESSES:
        router.add_api_route(address + "{rest:path}", forward, methods=METHODS)
    return router


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower().decode("latin-1") not in _HOP_BY_HOP]


def _body(request: Request) -> AsyncIterator[bytes] | None:
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


async def _bytes_of(answer: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
