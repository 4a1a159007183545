"""The passwords and tokens of the settings: what is known of them afterwards, and how one is recognised."""

import hashlib
import hmac
from typing import Final

from pydantic import SecretStr

from shared.web.access.roles import Role
from shared.web.settings import WebSettings

_SCRYPT_COST: Final = 2**14
"""16 MB and some 50 ms, once per start. Whoever holds a share link can try passwords on it at home: at this price."""


class Credentials:
    """Keeps digests and derived keys, no password. Any secret is good in any place that takes one."""

    def __init__(self, settings: WebSettings) -> None:
        secrets = {
            Role.VIEWER: (settings.viewer_password, settings.viewer_token),
            Role.OPERATOR: (settings.operator_password, settings.operator_token),
        }
        self._digests = [(_digest(_text(one)), role) for role, both in secrets.items() for one in both if one]
        self.keys: Final = {role: _derived(role, *both) for role, both in secrets.items() if any(both)}
        """What each role's sessions and links are signed with: the same in every process with the same secrets."""

    @property
    def are_set(self) -> bool:
        return bool(self._digests)

    def role_of(self, secret: str) -> Role | None:
        """Whose secret that is. Takes as long for a wrong one as for a right one."""
        given = _digest(secret)
        found = None
        for known, role in self._digests:
            if hmac.compare_digest(known, given):
                found = role
        return found


def _text(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _derived(role: Role, password: SecretStr | None, token: SecretStr | None) -> bytes:
    both = _digest(_text(password)) + _digest(_text(token))
    return hashlib.scrypt(both, salt=f"framecast {role.name}".encode(), n=_SCRYPT_COST, r=8, p=1, dklen=32)
