"""Signed tokens: sessions (in a cookie) and share links (in an address).

Each is signed with its role's key, which is derived from the role's secrets. So a changed password invalidates them.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from itsdangerous import BadData, URLSafeSerializer

from shared.clock import Clock
from shared.web.access.roles import Role
from shared.web.access.share_links import ShareLink

SESSION_SECONDS: Final = 30 * 24 * 3600
BRIEF_SESSION_SECONDS: Final = 3600
_FORM: Final = re.compile(r"[A-Za-z0-9_.-]{1,512}")
"""base64 is decoded without the characters that are none of its own. With them a link would have any number of
spellings."""


@dataclass(frozen=True, slots=True)
class SessionKind:
    """For how long sessions are signed. One of another purpose is not taken."""

    purpose: str
    seconds: int


SESSION: Final = SessionKind("session", SESSION_SECONDS)
BRIEF_SESSION: Final = SessionKind("brief session", BRIEF_SESSION_SECONDS)
"""Where ingest keeps the sessions (BUS_CONTROL): for logins while it is silent, and between our services."""


class Signer:
    """Signs and verifies with the keys of `AccessSecrets`. itsdangerous compares in constant time."""

    def __init__(self, keys: Mapping[Role, bytes], clock: Clock, kind: SessionKind | None = None) -> None:
        self._clock = clock
        self._kind = kind or SESSION
        self._sessions = {role: _serializer(key, self._kind.purpose) for role, key in keys.items()}
        self._links = {role: _serializer(key, "link") for role, key in keys.items()}

    @property
    def lowest_role(self) -> Role | None:
        """The lowest role that sessions can be signed for; None where there is no secret to sign with."""
        return min(self._sessions, default=None)

    def session(self, role: Role) -> str:
        """A token that proves a login as `role`, for as long as its kind lasts."""
        return _dumped(self._sessions[role], [self._now() + self._kind.seconds])

    def role_of_session(self, session: str) -> Role | None:
        """The role that a session proves; None when it has expired or was not signed with one of our keys."""
        for role, (ends_at,) in _verified(self._sessions, session):
            if ends_at > self._now():
                return role
        return None

    def sign(self, link: ShareLink, role: Role) -> str:
        """The value of the link's query parameter. `role` is that of its maker, whose changed password ends it."""
        return _dumped(self._links[role], [link.subject, link.ends_at])

    def read_link(self, signed: str) -> ShareLink | None:
        """The link; None when it has expired or was not signed with one of our keys."""
        for _role, (subject, ends_at) in _verified(self._links, signed):
            if ends_at > self._now():
                return ShareLink(subject, ends_at)
        return None

    def _now(self) -> int:
        return self._clock.utc_ns() // 10**9


def _serializer(key: bytes, purpose: str) -> URLSafeSerializer:
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(key, salt=f"framecast {purpose}", signer_kwargs=options)


def _dumped(serializer: URLSafeSerializer, payload: list[object]) -> str:
    signed: str = serializer.dumps(payload)
    return signed


def _verified(serializers: Mapping[Role, URLSafeSerializer], signed: str) -> Iterator[tuple[Role, Any]]:
    if _FORM.fullmatch(signed) is None:
        return
    for role, serializer in serializers.items():
        try:
            yield role, serializer.loads(signed)
        except BadData:
            continue
