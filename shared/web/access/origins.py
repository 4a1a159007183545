"""Pages of other origins: which may read our responses (CORS), and that no other sends writes for a visitor (CSRF)."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Origins:
    """`allowed`: the origins of ALLOWED_ORIGINS. Our own origin is always allowed."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def headers_for(self, request: Headers) -> list[tuple[str, str]]:
        """The CORS headers of the response to `request`."""
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
        """The response to a CORS preflight; None when the request is none. Browsers send it without credentials."""
        if method != "OPTIONS" or "access-control-request-method" not in request:
            return None
        return Response(status_code=204, headers=_PREFLIGHT if request.get("origin") in self._allowed else {})

    def may_read(self, request: Headers) -> bool:
        """Whether a browser lets the page that sent this request read our answers."""
        origin = request.get("origin")
        is_ours = origin is None or (bool(host := _host_of(origin)) and host == request.get("host"))
        return is_ours or origin in self._allowed

    def are_trusted(self, request: Headers) -> bool:
        """Whether the page that sent this request is ours or allowed; True also when no page did."""
        origin, site = request.get("origin"), request.get("sec-fetch-site")
        if origin in self._allowed:
            return True
        if site is not None:
            return site in ("same-origin", "none")
        # Browsers send Sec-Fetch-Site only over HTTPS and to loopback, but Origin with every write.
        return origin is None or (bool(host := _host_of(origin)) and host == request.get("host"))


def _host_of(origin: str) -> str:
    """Host and port; empty where the page has none, or a program invented an origin that can't be one."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
