"""Where the pages lie, and the headers that they get."""

from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final = {"/": "index.html", "/archive": "archive.html", "/status": "status.html", "/connect": "connect.html"}
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
}
