"""An answer that the protocol gives by itself, where a request never reaches the app. Pure."""

import json
from http import HTTPStatus


def raw_refusal(status: HTTPStatus, detail: str) -> bytes:
    """A whole HTTP/1.1 answer, with `detail` as the app words its own refusals. The connection ends after it."""
    body = json.dumps({"detail": detail}).encode()
    fields = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join((*fields, "", "")).encode() + body
