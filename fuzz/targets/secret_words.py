"""Words of a camera or of FFmpeg that repeat what we sent: in whatever form, no secret stays in them."""

from typing import Final

from fuzz.pieces import as_text
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http.failures import told
from services.ingest.sources.secret_mask import MAX_WORDS

HANDLED: Final = ()
MAX_BYTES: Final = 2048


def read(data: bytes) -> None:
    """The first line is the password, and the rest are the camera's words around it."""
    password, _, words = as_text(data).partition("\n")
    password = password[:12]  # each letter more makes the search longer to prepare
    options = ConnectionOptions("rtsp://192.0.2.1/live", "user", password)
    for said in (words, f"{words[:40]}{password}{words[40:80]}"):
        hidden = options.masked(said)
        assert len(hidden) <= MAX_WORDS + 2
        assert not password[1:] or password in "*** …" or not password.isalnum() or password not in hidden, hidden  # noqa: S105 compared with the mask
        assert told(said, options).isprintable()
