"""The secret of a session, a token or a link: 256 random bits as text. Pure.

It is no password: nobody can guess it, so SHA-256 without salt or cost is enough to keep it by. docs/access.md
"""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from typing import Final

PREFIX: Final = "framecast_"
"""By it programs that look for leaked secrets find one, and our own logs mask it."""
_FORM: Final = re.compile(r"framecast_[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def is_record_secret(text: str) -> bool:
    """Whether `text` has the form of such a secret. A password may not begin so."""
    return _FORM.fullmatch(text) is not None


def digest_of(secret: str) -> str:
    """SHA-256 of the secret's text in base64url, 43 characters: what a record is known by."""
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
