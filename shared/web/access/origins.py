"""Pages of other origins: which may read our answers (CORS), and that none writes in a visitor's name (CSRF)."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Origins:
    """`allowed` are the origins of ALLOWED_ORIGINS, besides our own."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def headers_for(self, request: Headers) -> list[tuple[str, str]]:
        """What lets the asking page read the answer, if it may."""
        if not self._allowed:
            return []
        origin = request.get("origin")
        if origin not in self._allowed:
            return [("Vary", "Origin")]
        return [
            ("Vary", "Origin"),
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
        ]

    def preflight(self, method: str, request: Headers) -> Response | None:
        """The answer to a browser that asks whether it may ask, if this is such a question. It has no credentials."""
        if method != "OPTIONS" or "access-control-request-method" not in request:
            return None
        return Response(status_code=204, headers=_PREFLIGHT if request.get("origin") in self._allowed else {})

    def are_trusted(self, request: Headers) -> bool:
        """Whether the page that caused this request, if one did, is ours or allowed."""
        origin, site = request.get("origin"), request.get("sec-fetch-site")
        if origin in self._allowed:
            return True
        if site is not None:
            return site in ("same-origin", "none")
        # Browsers send Sec-Fetch-Site to encrypted and loopback addresses alone, Origin with every write everywhere.
        return origin is None or urlsplit(origin).netloc == request.get("host")
