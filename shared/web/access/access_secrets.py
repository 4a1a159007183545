"""The passwords and tokens of the settings: whose a given secret is, and the keys derived from them."""

import hashlib
import hmac
from typing import Final

from pydantic import SecretStr

from shared.web.access.roles import Role
from shared.web.settings import WebSettings

_SCRYPT_COST: Final = 2**15
"""32 MB and about 100 ms for each role, once per start. Somebody who has a share link can test passwords against it
offline, and pays this price for each. A Raspberry Pi may need four times as long, by an estimate,
so its start would feel twice the cost (docs/decisions/0022-a-secret-of-the-installation.md)."""
_SCRYPT_MAX_BYTES: Final = 64 * 1024**2


class AccessSecrets:
    """Keeps digests and derived keys, but no password. A token is accepted wherever a password is, and vice versa."""

    def __init__(self, settings: WebSettings) -> None:
        secrets = {
            Role.VIEWER: (settings.viewer_password, settings.viewer_token),
            Role.OPERATOR: (settings.operator_password, settings.operator_token),
        }
        self._digests = [(_digest(_text(one)), role) for role, both in secrets.items() for one in both if one]
        own, sign_on = _text(settings.access_secret), _text(settings.sign_on_secret)
        self.keys: Final = {
            role: _derived(role, own, *both, sign_on) for role, both in secrets.items() if any(both) or sign_on
        }
        """The key that signs each role's sessions and links: the same in every process with the same secrets."""

    @property
    def roles(self) -> frozenset[Role]:
        """Those that a password or a token belongs to."""
        return frozenset(role for _, role in self._digests)

    def role_of(self, secret: str) -> Role | None:
        """The role that `secret` belongs to, or None. A wrong secret takes as long as a right one."""
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


def _derived(
    role: Role, access_secret: str, password: SecretStr | None, token: SecretStr | None, sign_on_secret: str
) -> bytes:
    secrets = _digest(_text(password)) + _digest(_text(token))
    if sign_on_secret:  # whoever knew it could sign on and make links, so a changed one ends them
        secrets += _digest(sign_on_secret)
    # With a secret of this installation a table of passwords made for another one, or for all, is of no use here.
    salt = f"framecast {role.name}".encode() + _digest(access_secret)
    return hashlib.scrypt(secrets, salt=salt, n=_SCRYPT_COST, r=8, p=1, maxmem=_SCRYPT_MAX_BYTES, dklen=32)
