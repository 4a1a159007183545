"""Sign-on by a proxy: it has asked who the user is, and says so in a header of each request (SIGN_ON_PROXIES).

Anybody can send such a header. It counts only on a connection from one of those proxies, together with the secret that
this proxy and we share. Each request is judged by itself, because a proxy's connection carries those of many users.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from shared.access.client_network import parsed_address
from shared.access.settings import GROUP
from shared.clock import Clock
from shared.control.messages import Proof, SignOnProof
from shared.errors import FramecastError
from shared.web.access.roles import Role
from shared.web.client_log import ClientLog
from shared.web.settings import SIGN_ON_SECRET_HEADER, WebSettings
from shared.web.texts import SIGN_ON_UNREADABLE

SIGN_ON_SECONDS: Final = 12 * 3600
"""A stream that a signed-on user opened ends after this long and is opened anew, so that the proxy is asked again."""
MAX_NAME_CHARACTERS: Final = 256
"""And no comma, which comes from a proxy that joins two headers of one name."""
MAX_GROUPS: Final = 256
_LOG_SECONDS: Final = 60.0
_SEPARATORS: Final = {"x-authentik-groups": "|"}
"""Between groups, where it is no comma."""
_SECRET: Final = SIGN_ON_SECRET_HEADER.lower().encode()


class SignOnUnreadableError(FramecastError):
    """Raised when one of the proxies names no user that can be told: two, or one with characters of no name."""


@dataclass(frozen=True, slots=True)
class SignedOn:
    """The user whom a proxy has signed on."""

    user: str
    role: Role
    groups: str = ""
    """As the proxy named them."""


class SignOn:
    """Reads the headers of SIGN_ON_PROXIES. Without that setting it costs nothing, and leaves a request as it is."""

    def __init__(self, settings: WebSettings, clock: Clock) -> None:
        self._proxies = frozenset(settings.sign_on_proxies)
        secret = settings.sign_on_secret
        self._shared_secret = "" if secret is None else secret.get_secret_value()
        self._secret = b"" if secret is None else _digest(self._shared_secret.encode())
        self._user = settings.sign_on_header.lower().encode()
        self._groups = settings.sign_on_groups_header.lower().encode()
        self._separator = _SEPARATORS.get(settings.sign_on_groups_header.lower(), ",")
        self._operators = frozenset(one for one in settings.sign_on_operators if not one.startswith(GROUP))
        self._operator_groups = frozenset(
            one.removeprefix(GROUP).strip() for one in settings.sign_on_operators if one.startswith(GROUP)
        )
        self._log = ClientLog(_LOG_SECONDS, clock.monotonic)
        self.is_on: Final = settings.signs_on

    def take(self, scope: Scope) -> SignedOn | None:
        """The user whom the request's proxy has signed on; None where there is none. Takes the headers away, so that
        nothing behind the guard can believe them.

        Raises:
            SignOnUnreadableError: the proxy is one of ours, but what it says can't be read.
        """
        if not self.is_on:
            return None
        given = self._taken_from(scope)
        if not any(given.values()):
            return None
        peer = (scope.get("client") or ("",))[0]
        why = self._why_not(peer, given[_SECRET])
        if why is not None:
            self._log.report("sign-on ignored", peer, why=why)
            return None
        user, groups = _text(given[self._user]), _text(given[self._groups])
        if "," in user or len(user) > MAX_NAME_CHARACTERS:
            raise SignOnUnreadableError(SIGN_ON_UNREADABLE)
        return SignedOn(user, self._role_of(user, groups), groups) if user else None

    def proof_of(self, signed_on: SignedOn) -> Proof:
        """What ingest is shown for the user, which judges it by its own settings."""
        groups = tuple(group.strip()[:MAX_NAME_CHARACTERS] for group in signed_on.groups.split(self._separator))
        shown = SignOnProof(secret=self._shared_secret, user=signed_on.user, groups=groups[:MAX_GROUPS])
        return Proof(sign_on=shown)

    def _taken_from(self, scope: Scope) -> Mapping[bytes, list[bytes]]:
        given: dict[bytes, list[bytes]] = {self._user: [], self._groups: [], _SECRET: []}
        scope["headers"] = [header for header in scope["headers"] if not _moved(header, given)]
        return given

    def _why_not(self, peer: str, secrets: list[bytes]) -> str | None:
        """Why this peer is not believed; None where it is. The peer is the connection's: any header may be invented."""
        if parsed_address(peer) not in self._proxies:
            return "not one of SIGN_ON_PROXIES"
        # Of two, one may be a client's guess which the proxy has let through.
        is_right = len(secrets) == 1 and hmac.compare_digest(_digest(secrets[0]), self._secret)
        return None if is_right else f"without the right {SIGN_ON_SECRET_HEADER}"

    def _role_of(self, user: str, groups: str) -> Role:
        members = {group.strip() for group in groups.split(self._separator)}
        is_operator = user in self._operators or bool(self._operator_groups & members)
        return Role.OPERATOR if is_operator else Role.VIEWER


def _moved(header: tuple[bytes, bytes], given: dict[bytes, list[bytes]]) -> bool:
    """Whether `header` is one of those in `given`; then its value is there. Names are compared whole: `Remote_User`
    is another one.
    """
    name, value = header
    values = given.get(name.lower())
    if values is not None:
        values.append(value)
    return values is not None


def _text(values: list[bytes]) -> str:
    """The one value; empty where there is none.

    Raises:
        SignOnUnreadableError: there are two, or the one has characters that no name has.
    """
    if not values:
        return ""
    try:
        (text,) = (value.decode().strip(" \t") for value in values)
    except ValueError:  # two of them, or no UTF-8
        raise SignOnUnreadableError(SIGN_ON_UNREADABLE) from None
    if not text.isprintable():
        raise SignOnUnreadableError(SIGN_ON_UNREADABLE)
    return text


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
