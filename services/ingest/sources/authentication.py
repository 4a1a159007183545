"""HTTP authentication, which RTSP uses too. Digest goes before Basic, and the strongest Digest on offer first. Pure."""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Final

Headers = Mapping[str, str]
_HASHES: Final[dict[str, Callable[[bytes], "hashlib._Hash"]]] = {  # the strongest first
    "SHA-512": hashlib.sha512,
    "SHA-256": hashlib.sha256,
    "SHA": hashlib.sha1,
    "MD5": hashlib.md5,
}
_FIELD: Final = re.compile(r'([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*)')
"""Some cameras put a comma too many or too few between two fields."""
_CHALLENGE_START: Final = re.compile(r"(?:^|,\s*)(?=(?:basic|digest)\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate that a camera offers. `scheme` and the fields' names are in lower case."""

    scheme: str
    fields: Mapping[str, str]

    @property
    def algorithm(self) -> str:
        """A Digest's algorithm, in upper case and without `-SESS`."""
        return self.fields.get("algorithm", "MD5").upper().removesuffix("-SESS")

    @property
    def rank(self) -> int:
        """Smaller is stronger."""
        return list(_HASHES).index(self.algorithm) if self.scheme == "digest" else len(_HASHES)


def challenges_in(headers: Headers) -> list[Challenge]:
    """The challenges in `headers` that we can answer."""
    found: list[Challenge] = []
    for text in filter(None, _CHALLENGE_START.split(headers.get("www-authenticate", ""))):
        scheme, *rest = text.strip().split(maxsplit=1)
        fields = {name.lower(): _unquoted(value) for name, value in _FIELD.findall("".join(rest))}
        challenge = Challenge(scheme.lower(), fields)
        if challenge.scheme == "basic" or (challenge.scheme == "digest" and challenge.algorithm in _HASHES):
            found.append(challenge)
    return found


class Credentials:
    """A user name and a password, and the challenge that they answer. They outlive a connection: so does a challenge.

    A challenge is answered once. If the camera refuses the answer, it is not tried again, because cameras lock clients
    out.
    """

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._challenge: Challenge | None = None
        self._requests = 0
        self._was_answered = False

    @property
    def were_offered(self) -> bool:
        """Whether the camera has had an answer that it did not accept."""
        return self._was_answered

    def handle_401(self, headers: Headers) -> bool:
        """Take the challenge from `headers`. True if the request may be sent again, with an answer."""
        answerable = challenges_in(headers)
        if not answerable:
            return False
        challenge = min(answerable, key=lambda one: one.rank)
        is_stale = challenge.fields.get("stale", "").lower() == "true" and self._is_new_nonce(challenge)
        may_try = is_stale or not self._was_answered
        self._challenge, self._requests, self._was_answered = challenge, 0, True
        return may_try

    def handle_ok(self, _headers: Headers) -> None:
        """The camera let us in. So a later challenge means that its nonce has expired, and may be answered again."""
        self._was_answered = False

    def make_auth(self, method: str, url: str, headers: MutableMapping[str, str]) -> None:
        """Put our answer into `headers`; nothing before the first challenge."""
        if self._challenge is None:
            return
        if self._challenge.scheme == "basic":
            pair = f"{self._username}:{self._password}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        else:
            headers["Authorization"] = self._digest(self._challenge, method, url)

    def _is_new_nonce(self, challenge: Challenge) -> bool:
        return self._challenge is None or challenge.fields.get("nonce") != self._challenge.fields.get("nonce")

    def _digest(self, challenge: Challenge, method: str, url: str) -> str:
        """The answer by RFC 7616, or by RFC 2069 if the camera offers no `qop`."""

        def digest(*parts: str) -> str:
            return _HASHES[challenge.algorithm](":".join(parts).encode()).hexdigest()

        fields = challenge.fields
        realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
        client_nonce = secrets.token_hex(8)
        self._requests += 1
        count = f"{self._requests:08x}"
        user = digest(self._username, realm, self._password)
        if fields.get("algorithm", "").upper().endswith("-SESS"):
            user = digest(user, nonce, client_nonce)
        request = digest(method, url)
        answer = {"username": self._username, "realm": realm, "nonce": nonce, "uri": url}
        plain = {"algorithm": fields["algorithm"]} if "algorithm" in fields else {}
        if "auth" in [word.strip().lower() for word in fields.get("qop", "").split(",")]:
            answer["response"] = digest(user, nonce, count, client_nonce, "auth", request)
            answer["cnonce"] = client_nonce
            plain |= {"qop": "auth", "nc": count}
        else:
            answer["response"] = digest(user, nonce, request)
        if "opaque" in fields:
            answer["opaque"] = fields["opaque"]
        quoted = [f'{name}="{_escaped(value)}"' for name, value in answer.items()]
        return "Digest " + ", ".join(quoted + [f"{name}={value}" for name, value in plain.items()])


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text.strip('"')


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
