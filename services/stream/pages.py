"""Where the pages lie, and the headers that they get."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
}

ELEMENT: Final = "/camera-feed.js"
ELEMENT_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # A page of any origin may load it: a module needs to be told so. What it shows is guarded for itself.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
