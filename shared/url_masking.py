"""A camera's address without its secrets, for logs, status and errors, even if it is none. Pure."""

import re
from typing import Final

_SCHEME_AT_END: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*$")
_LOGIN_IN_PATH: Final = re.compile(r"(?i)(?<![a-z])(?:user|username|usr|password|passwd|pwd|pass|psw|token|key|auth)=")
_SPACE: Final = re.compile(r"\s")
_END_OF_AUTHORITY: Final = re.compile(r"[/#]")


def login_in_path(url: str) -> str:
    """What stands behind the host from the first `user=`, `password=` or the like on, as some cameras want it. Secret.
    Empty if there is none.
    """
    found = _LOGIN_IN_PATH.search(url)
    return url[found.start() :] if found else ""


def mask_pasted_url(text: str) -> str:
    """The URL in `text`, printable, without user, password and query. Words around it are not shown, since a login may
    be among them. Text without a scheme is masked as a URL, too, unless it is a path.
    """
    before, separator, rest = text.strip().partition("://")
    if not separator:
        before, rest = "", text.strip()
    scheme = _SCHEME_AT_END.search(before)
    shown = scheme[0] if scheme else ""
    # A password may hold any character by mistake, so the login ends at the last @ of the whole text.
    _login, at, location = rest.rpartition("@")
    is_path = not at and not separator and location.startswith(("/", ".", "~"))
    masked = location if is_path else _masked_location(location)
    line = f"{'***' if shown != before else ''}{shown}{separator}{'***@' if at else ''}{masked}"
    return "".join(character if character.isprintable() else "?" for character in line)


def _masked_location(location: str) -> str:
    """Host, port and path without query, login and further words, and without what is no port behind the host."""
    location, question_mark, _query = location.partition("?")
    hidden = "?***" if question_mark else ""
    if space := _SPACE.search(location):
        location, hidden = location[: space.start()], " ***"
    if secret := login_in_path(location):
        location, hidden = location.removesuffix(secret), "***"
    host, colon, port = _END_OF_AUTHORITY.split(location)[0].rpartition(":")
    if colon and not host.startswith("[") and not port.isdecimal() and port != "port":
        return f"{host}:***"
    return f"{location}{hidden}"
