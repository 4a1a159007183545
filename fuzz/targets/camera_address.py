"""A camera's address as people have it: typed, pasted, part of a command or of another program's configuration."""

import re
from typing import Final

from fuzz.pieces import as_text
from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.camera_address.understand import understand
from services.ingest.sources.http.address import HttpAddress
from shared.url_masking import mask_pasted_url

HANDLED: Final = ()
SECRET: Final = "kq7vXz"  # noqa: S105 of nobody
_END_OF_HOST: Final = re.compile(r"[/?#]")


def read(data: bytes) -> None:
    """An address that is understood has no login in its URL. Whatever the text, no password gets into our words."""
    text = as_text(data)
    masked = mask_pasted_url(text)
    assert masked.isprintable()
    for words in _words_about(text):
        assert "\n" not in words
    with_login = f"rtsp://me:{SECRET}{text}"
    if "@" in text and "://" not in text.partition("@")[2]:
        assert SECRET not in mask_pasted_url(with_login)
        for words in _words_about(with_login):
            assert SECRET not in words, words


def _words_about(text: str) -> tuple[str, ...]:
    try:
        address = understand(text)
    except CameraAddressError as error:
        return (str(error),)
    if address.kind == "http":
        HttpAddress.parse(address.url)
    scheme, separator, rest = address.url.partition("://")
    if address.kind != "file":
        assert separator
        assert scheme in ("rtsp", "rtsps", "http", "https")
        assert "@" not in _END_OF_HOST.split(rest)[0], address.url
    return address.notices
