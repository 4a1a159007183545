"""Share links and session cookies: anybody may write them, and only ours open anything."""

from typing import Final

from fuzz.pieces import as_text
from shared.clock import Clock
from shared.web.access.roles import Role
from shared.web.access.share_links import ShareLink
from shared.web.access.signing import Signer

HANDLED: Final = ()
NOW: Final = 1_795_000_000
KEYS: Final = {Role.VIEWER: b"v" * 32, Role.OPERATOR: b"o" * 32}
SIGNER: Final = Signer(KEYS, Clock(utc_ns=lambda: NOW * 10**9, monotonic=lambda: 0.0))
LINK: Final = ShareLink.to_camera("porch", NOW + 3600)
LINK_TEXT: Final = SIGNER.sign(LINK, Role.VIEWER)
OPENED: Final = {
    "/",
    *(
        f"{start}{end}"
        for start in (LINK.subject, "/api/camera")
        for end in ("/stream", "/stream/status", "/snapshot", "/ws")
    ),
}
"""All addresses of its camera, also those that name none: the link does."""
SESSION: Final = SIGNER.session(Role.VIEWER)


def read(data: bytes) -> None:
    """The text itself, and ours with a part of it replaced by the text, open what they are or nothing."""
    text = as_text(data[2:])
    at, removed = (data[0], data[1]) if len(data) > 1 else (0, 0)
    for given in (text, _changed(LINK_TEXT, at, removed, text), _changed(SESSION, at, removed, text)):
        link, role = SIGNER.read_link(given), SIGNER.role_of_session(given)
        # base64's last character has bits that mean nothing, so a few spellings of ours are ours too.
        assert link in (None, LINK)
        assert role in (None, Role.VIEWER)
        assert link is None or role is None
        assert link is None or given[:-1] == LINK_TEXT[:-1], given
        assert role is None or given[:-1] == SESSION[:-1], given
    assert LINK.opens(text) == (text in OPENED)


def _changed(ours: str, at: int, removed: int, text: str) -> str:
    place = at % len(ours)
    return ours[:place] + text + ours[place + removed :]
