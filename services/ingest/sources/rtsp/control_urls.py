"""Which addresses a camera's streams are asked for at. Pure.

The answer to DESCRIBE names a base, and the description names the streams relative to it. Cameras leave out the scheme,
name an inner address behind a router, or put a login in. All of these are words for the camera alone: they go over the
connection to it, and we never connect to what they name. So an address with the right form is sent as the camera wrote
it, and where the camera refuses that, as we would write it.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin

MAX_URL_LENGTH: Final = 2048
_PRINTABLE: Final = re.compile(rf"[!-~]{{1,{MAX_URL_LENGTH}}}")
_RTSP: Final = re.compile(r"rtsps?://[^/?#]", re.IGNORECASE)
_OTHER_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def base_url(named: str, requested: str) -> str:
    """The base that the camera named in Content-Base or Content-Location; `requested` where that can't be one."""
    return _url(named, requested) or requested


def session_urls(base: str, requested: str, control: str) -> list[str]:
    """Where all streams together may be started, the likeliest first. `control` is the description's."""
    return _unique((_joined(base, control), base, requested))


def stream_urls(base: str, requested: str, session_control: str, control: str) -> list[str]:
    """Where one stream may be set up, the likeliest first. Both controls are the description's, of all and of one."""
    session = _joined(base, session_control)
    parents = (session, base, requested)
    resolved = [urljoin(parent, control) for parent in parents if _is_url(parent) and control and control != "*"]
    return _unique((*(_joined(parent, control) for parent in parents), *filter(_is_url, resolved)))


def _joined(base: str, control: str) -> str:
    """`control` behind `base`: also behind its query, as cameras want it."""
    if control in ("", "*"):
        return base
    if (absolute := _url(control, base)) is not None:
        return absolute
    if _OTHER_SCHEME.match(control) or not _PRINTABLE.fullmatch(control):
        return base
    return f"{base.removesuffix('/')}/{control.removeprefix('/')}"


def _url(text: str, neighbour: str) -> str | None:
    """`text` as an RTSP URL; None if it is none. Without a scheme it is one if its host is that of `neighbour`."""
    if _is_url(text):
        return text
    scheme, _, rest = neighbour.partition("://")
    host = rest.partition("/")[0]
    begins_with_host = bool(host) and f"{text.removeprefix('//')}/".startswith(f"{host}/")
    whole = f"{scheme}://{text.removeprefix('//')}"
    return whole if begins_with_host and _is_url(whole) else None


def _is_url(text: str) -> bool:
    return bool(_RTSP.match(text) and _PRINTABLE.fullmatch(text))


def _unique(urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(urls))
