"""Words of a camera or of FFmpeg that repeat what we sent: in whatever form, no secret stays in them."""

import json
from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

from fuzz.pieces import as_text
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http.failures import told
from services.ingest.sources.secret_mask import MAX_WORDS

HANDLED: Final = ()
MAX_BYTES: Final = 2048
OPTIONS: Final = tuple(
    ConnectionOptions("rtsp://192.0.2.1/live", "user", password)
    for password in (
        "kq7vXzWp",
        "pass word1!",
        "p\u00e4$s\\w/\u00f6",
        "a&b<c>\"d'",
        "\u65e5\u672c\u8a9ex1",
        "p%40ss+w=rd",
    )
)
"""A few, because what is searched for is costly to prepare."""
FORMS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    escape,
    quote_plus,
    lambda secret: quote(secret, safe=""),
    lambda secret: quote(quote(secret, safe=""), safe=""),
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: repr(secret)[1:-1],
    lambda secret: b64encode(secret.encode()).decode().rstrip("="),
    lambda secret: secret.encode().hex(),
)
_PART: Final = 6


def read(data: bytes) -> None:
    """Two bytes choose the password and its form, the third where it stands in the camera's words."""
    if len(data) < 3:  # noqa: PLR2004 as above
        return
    options, form = (
        OPTIONS[data[0] % len(OPTIONS)],
        FORMS[data[1] % len(FORMS)](OPTIONS[data[0] % len(OPTIONS)].password),
    )
    words, place = as_text(data[3:]), data[2]
    said = f"{words[:place]}{form}{words[place:]}"
    hidden, shown = options.masked(said), told(said, options)
    assert len(hidden) <= MAX_WORDS + 2
    assert form not in hidden, hidden
    assert shown.isprintable()
    if form[:_PART] not in words:
        assert form[:_PART] not in shown, shown
