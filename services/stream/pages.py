"""Where the pages lie, and the headers that they get."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
# Nothing but what we serve, and nothing written into a page: neither script nor style. Sockets to us count as 'self'.
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in _POLICY.items()),
}

ELEMENT: Final = "/camera-feed.js"
ELEMENT_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # A page of any origin may load it: a module needs to be told so. What it shows is guarded for itself.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
