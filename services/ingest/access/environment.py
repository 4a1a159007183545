"""The environment's passwords and tokens: whose a given one is. It keeps no text of them, and none is ever written."""

import hashlib
import hmac
import secrets
from typing import Final

from pydantic import SecretStr

from shared.access.settings import GROUP, EnvironmentSecrets
from shared.bus.access_state import RoleName
from shared.control.messages import SignOnProof

_ROLES: Final[tuple[RoleName, ...]] = ("viewer", "operator")


class Environment:
    """`sets_password`: the roles whose password it sets, so that none of the page counts for them."""

    def __init__(self, settings: EnvironmentSecrets) -> None:
        self._key: Final = secrets.token_bytes(32)
        passwords = {"viewer": settings.viewer_password, "operator": settings.operator_password}
        tokens = {"viewer": settings.viewer_token, "operator": settings.operator_token}
        self._known: list[tuple[bytes, RoleName]] = [
            (self._digest(secret.get_secret_value()), role)
            for role in _ROLES
            for secret in (passwords[role], tokens[role])
            if secret is not None
        ]
        self._sign_on = None if settings.sign_on_secret is None else self._digest(_text(settings.sign_on_secret))
        named = settings.sign_on_operators
        self._operators: Final = frozenset(name for name in named if not name.startswith(GROUP))
        self._operator_groups: Final = frozenset(
            name.removeprefix(GROUP).strip() for name in named if name.startswith(GROUP)
        )
        self.sets_password: Final = frozenset(role for role in _ROLES if passwords[role] is not None)
        self.sources: Final = {
            role: _together(passwords[role], tokens[role], settings.sign_on_secret)
            for role in _ROLES
            if passwords[role] or tokens[role] or settings.sign_on_secret
        }
        """What it sets for each role, digested: scrypt of it tells after a restart whether it is still the same."""

    @property
    def has_any(self) -> bool:
        return bool(self.sources)

    def role_of(self, secret: str) -> RoleName | None:
        """The role that a password or token belongs to. A wrong one takes as long as a right one."""
        given, found = self._digest(secret), None
        for known, role in self._known:
            if hmac.compare_digest(known, given):
                found = role
        return found

    def role_signed_on(self, proof: SignOnProof) -> RoleName | None:
        """The role of a user whom a proxy has signed on; None where the secret is not that proxy's."""
        if self._sign_on is None or not hmac.compare_digest(self._sign_on, self._digest(proof.secret)):
            return None
        is_operator = proof.user in self._operators or bool(self._operator_groups & set(proof.groups))
        return "operator" if is_operator else "viewer"

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()


def _text(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _together(*secret_texts: SecretStr | None) -> bytes:
    return b"".join(hashlib.sha256(_text(one).encode("utf-8", "surrogatepass")).digest() for one in secret_texts)
