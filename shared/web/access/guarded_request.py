"""The parts of a request that the guard decides by: where it goes, and what it shows."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote, unquote_to_bytes

from starlette.datastructures import Headers

from shared.web.access.proxies import Sender
from shared.web.access.share_links import PARAMETER

COOKIE: Final = "framecast_session"
TOKEN: Final = "token"  # noqa: S105 the name of a query parameter
_MAX_SESSIONS: Final = 4


@dataclass(frozen=True, slots=True)
class GuardedRequest:
    """A WebSocket counts as GET."""

    path: str
    method: str
    headers: Headers
    query: bytes
    sender: Sender
    is_socket: bool

    @property
    def wants_a_page(self) -> bool:
        """Whether a browser navigates here. Java names `text/html` by itself, and only browsers XHTML with it."""
        return self.method == "GET" and "application/xhtml+xml" in self.headers.get("accept", "") and not self.is_socket

    @property
    def has_link(self) -> bool:
        return self.in_address(PARAMETER) is not None

    @property
    def has_token(self) -> bool:
        return self.in_address(TOKEN) is not None

    @property
    def is_a_pages_socket_by_link(self) -> bool:
        """Whether a page opens a socket here with a share link: only browsers name an origin."""
        return self.is_socket and "origin" in self.headers and self.has_link

    @property
    def sessions(self) -> list[str]:
        return sessions_in(self.headers)

    def in_address(self, parameter: str) -> str | None:
        """The last value of a parameter of the query; None where it has none."""
        if not self.query:
            return None
        given = parse_qs(self.query.decode("latin-1"), keep_blank_values=True).get(parameter)
        return None if given is None else given[-1]

    @property
    def query_without_token(self) -> bytes:
        """The query as it may be kept: in a page's address, in a history."""
        if not self.has_token:
            return self.query
        pairs = self.query.split(b"&")
        return b"&".join(pair for pair in pairs if unquote_to_bytes(pair.partition(b"=")[0]) != TOKEN.encode())

    def address_of(self, page: str) -> str:
        """A page's address, relative to this request: a proxy may publish us under any path. The page gets to know
        where somebody wanted to go.
        """
        query = self.query_without_token.decode("latin-1")
        wanted = self.path.removeprefix("/") + (f"?{query}" if query else "")
        up = "../" * (self.path.count("/") - 1)
        return f"{up}{page.removeprefix('/')}" + (f"?next={quote(wanted, safe='/')}" if wanted else "")


def sessions_in(headers: Headers) -> list[str]:
    """All session cookies: there may be one for BASE_PATH and one for `/`, and either may be valid."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:_MAX_SESSIONS]
